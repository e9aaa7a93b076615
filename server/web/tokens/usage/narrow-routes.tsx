import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { withSuccess } from '../../shell/success-message.ts';
import { TokenPage } from '../token-page.tsx';
import { tokenPath, tokensPath } from '../token-paths.ts';
import { NarrowDialog, TooFewUsesDialog } from './narrow-dialog.tsx';
import { narrowBody } from './narrow-form.ts';
import { shownDays } from './usage-section.tsx';

type NarrowDeps = Pick<AppDeps, 'tokens' | 'usage' | 'suggestions' | 'statusContext'>;

/** The form that sets the rules which a token's uses suggest. */
export function narrowPages({ tokens, usage, suggestions, statusContext }: NarrowDeps) {
  return new Hono<AppEnv>().post(`${tokensPath}/:id/narrow`, async (c) => {
    const { id } = c.req.param();
    const caller = c.get('caller');
    const token = await tokens.get(caller, id);
    try {
      await tokens.edit(caller, id, narrowBody(await c.req.parseBody(), token));
      return c.redirect(withSuccess(tokenPath(id), 'token-changed'), 303);
    } catch (error) {
      const problem = expectProblem(error);
      if (problem.code === 'not-authenticated' || problem.code === 'token-not-found') throw problem;
      const suggestion = await suggestions.of(caller, id, { days: shownDays, force: true });
      const dialog = <NarrowDialog token={token} suggestion={suggestion} problem={problem} />;
      const used = await usage.ofToken(token, shownDays);
      const facts = { token, names: await tokens.appNames([token]), statusContext: statusContext(), usage: used };
      const page = <TokenPage {...facts} dialog={dialog} />;
      return renderProblem(c, problem, page);
    }
  });
}

/** Returns the dialog for `?dialog=narrow`. Only the owner may set rules, so only the owner gets it. */
export async function requestedNarrowing(
  c: AppContext,
  token: TokenRecord,
  { suggestions }: Pick<NarrowDeps, 'suggestions'>,
): Promise<Child> {
  const caller = c.get('caller');
  if (c.req.query('dialog') !== 'narrow' || token.ownerId !== caller.user.id) return undefined;
  try {
    const force = c.req.query('force') === 'true';
    const suggestion = await suggestions.of(caller, token.id, { days: shownDays, force });
    return <NarrowDialog token={token} suggestion={suggestion} />;
  } catch (error) {
    const problem = expectProblem(error);
    if (problem.code !== 'too-few-uses') throw problem;
    return <TooFewUsesDialog token={token} />;
  }
}
