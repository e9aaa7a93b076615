import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import type { MessageDeps } from '../../shell/messages/messages.ts';
import { factsOfToken } from '../facts-of-token.ts';
import { TokenPage } from '../token-page.tsx';
import { tokenPath, tokensPath } from '../token-paths.ts';
import { NarrowDialog, TooFewUsesDialog } from './narrow-dialog.tsx';
import { narrowBody } from './narrow-form.ts';
import { shownDays } from './usage-section.tsx';

type NarrowDeps = Pick<AppDeps, 'tokens' | 'usage' | 'audit' | 'suggestions' | 'statusContext'>;

/** The form that sets the rules which a token's uses suggest. */
export function narrowPages({ tokens, usage, audit, suggestions, statusContext, messages }: NarrowDeps & MessageDeps) {
  return new Hono<AppEnv>().post(`${tokensPath}/:id/narrow`, async (c) => {
    const { id } = c.req.param();
    const caller = c.get('caller');
    const token = await tokens.get(caller, id);
    try {
      await tokens.edit(caller, id, narrowBody(await c.req.parseBody(), token));
      return messages.redirect(c, tokenPath(id), 'token-changed', token.name);
    } catch (error) {
      const problem = expectProblem(error);
      if (problem.code === 'not-authenticated' || problem.code === 'token-not-found') throw problem;
      const suggestion = await suggestions.of(caller, id, { days: shownDays, force: true });
      const dialog = <NarrowDialog token={token} suggestion={suggestion} problem={problem} />;
      const facts = await factsOfToken({ tokens, usage, audit, statusContext }, c, token);
      return renderProblem(c, problem, <TokenPage {...facts} dialog={dialog} />);
    }
  });
}

/** Returns the dialog for `?dialog=narrow`. Only those who act as the owner may set rules, so only they get it. */
export async function requestedNarrowing(
  c: AppContext,
  token: TokenRecord,
  { tokens, suggestions }: Pick<NarrowDeps, 'tokens' | 'suggestions'>,
): Promise<Child> {
  const caller = c.get('caller');
  if (c.req.query('dialog') !== 'narrow' || token.manage !== null || !(await tokens.actsAsOwner(caller, token)))
    return undefined;
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
