import { Hono } from 'hono';
import { ConfirmationRequired } from '../../domain/sign-in/confirmation/required.ts';
import type { AppDeps, AppEnv } from '../../http/context.ts';
import { text } from '../shell/form-values.ts';
import { safeReturnPath } from '../shell/return-path.ts';
import { respondWithOptions } from '../sign-in/passkeys/options-response.ts';
import { confirmFirstPath, confirmOptionsPath } from './confirm-first.tsx';
import { ConfirmPage } from './confirm-page.tsx';

type ConfirmFirstDeps = Pick<AppDeps, 'confirmations' | 'config'>;

const action = 'sign in the command line';

/** Routes of `/profile/confirm`: confirms before there is a form, and continues at `next`. */
export function confirmFirstPages({ confirmations, config }: ConfirmFirstDeps) {
  const nextOf = (value: string | undefined) => safeReturnPath(value, config.publicUrl);

  return new Hono<AppEnv>()
    .get(confirmFirstPath, async (c) => {
      const next = nextOf(c.req.query('next'));
      const form = { path: confirmFirstPath, action, fields: [['next', next] satisfies [string, string]] };
      return c.render(<ConfirmPage form={form} ways={await confirmations.ways(c.get('caller'))} cancelHref={next} />);
    })
    .post(confirmOptionsPath, (c) => respondWithOptions(c, () => confirmations.beginPasskey(c.get('caller'))))
    .post(confirmFirstPath, async (c) => {
      // The middleware sets it after a confirmation.
      if (!c.get('caller').confirms) throw new ConfirmationRequired(action);
      return c.redirect(nextOf(text((await c.req.parseBody()).next)), 303);
    });
}
