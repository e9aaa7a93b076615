import { Hono } from 'hono';
import { ProblemError } from '../../../shared/problem.ts';
import { formatUserCode } from '../../domain/sign-in/user-codes.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { addressOf } from '../shell/page-url.ts';
import { ApproveDevicePage, DeviceDonePage, DevicePage } from './device-page.tsx';

const approvePath = '/device/approve';

/** `/device`: approves a sign-in on a machine without a browser (RFC 8628 §3.3). */
export function devicePages({ deviceFlow, clock, config }: AppDeps) {
  const { organization } = config;

  return new Hono<AppEnv>()
    .get('/device', (c) => c.html(<DevicePage c={c} organization={organization} />))
    .post('/device', async (c) => {
      const typed = text((await c.req.parseBody()).user_code);
      try {
        const device = await deviceFlow.open(c.get('caller'), typed);
        if (device === null) throw noSuchCode();
        const query = { user_code: formatUserCode(device.userCode) };
        return c.redirect(addressOf({ path: approvePath, query }), 303);
      } catch (error) {
        const refused = refusalOf(error);
        return showRefused(
          c,
          refused,
          <DevicePage c={c} organization={organization} typed={typed} error={refused.message} />,
        );
      }
    })
    .get(approvePath, async (c) => {
      const device = await deviceFlow.findOpened(c.get('caller'), c.req.query('user_code') ?? '');
      if (device === null) return c.redirect('/device', 303);
      return c.html(<ApproveDevicePage c={c} organization={organization} device={device} now={clock.now()} />);
    })
    .post(approvePath, async (c) => {
      const form = await c.req.parseBody();
      const approved = text(form.decision) === 'approve';
      await decide(c, text(form.user_code), approved ? 'approved' : 'denied');
      return c.html(<DeviceDonePage c={c} organization={organization} approved={approved} />);
    });

  /** @throws ProblemError `not-found` */
  async function decide(c: AppContext, typed: string, status: 'approved' | 'denied'): Promise<void> {
    if (!(await deviceFlow.decide(c.get('caller'), c.get('session'), typed, status))) throw noSuchCode();
  }
}

function noSuchCode(): ProblemError {
  return new ProblemError(
    'not-found',
    'There is no such code to approve here. It may have ended, or been typed elsewhere: run the command again.',
  );
}
