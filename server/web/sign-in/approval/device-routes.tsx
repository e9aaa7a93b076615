import { Hono } from 'hono';
import { ProblemError } from '../../../../shared/problem.ts';
import { formatUserCode } from '../../../domain/sign-in/approval/user-codes.ts';
import type { AppDeps, AppEnv } from '../../../http/context.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { text } from '../../shell/form-values.ts';
import { ApproveDevicePage, approveDeviceUrl, approvePath, DeviceDecidedPage, DevicePage } from './device-page.tsx';

type DeviceDeps = Pick<AppDeps, 'deviceFlow' | 'sessionLifetimes' | 'clock'>;

/** Routes of `/device`: the member approves a device that has no browser (RFC 8628 §3.3). */
export function devicePages({ deviceFlow, sessionLifetimes, clock }: DeviceDeps) {
  return new Hono<AppEnv>()
    .get('/device', (c) => c.render(<DevicePage />))
    .post('/device', async (c) => {
      const code = text((await c.req.parseBody()).user_code);
      try {
        const device = await deviceFlow.open(c.get('caller'), code);
        if (device === null) throw unknownCode();
        return c.redirect(approveDeviceUrl(formatUserCode(device.userCode)), 303);
      } catch (error) {
        const problem = expectProblem(error);
        return renderProblem(c, problem, <DevicePage code={code} error={problem.message} />);
      }
    })
    .get(approvePath, async (c) => {
      const device = await deviceFlow.findOpened(c.get('caller'), c.req.query('user_code') ?? '');
      if (device === null) return c.redirect('/device', 303);
      const code = formatUserCode(device.userCode);
      const end = sessionLifetimes.ifApproved(c.get('session'));
      return c.render(<ApproveDevicePage device={device} code={code} end={end} now={clock.now()} />);
    })
    .post(approvePath, async (c) => {
      const form = await c.req.parseBody();
      const approved = text(form.decision) === 'approve';
      const status = approved ? 'approved' : 'denied';
      const decided = await deviceFlow.decide(c.get('caller'), c.get('session'), text(form.user_code), status);
      if (!decided) throw unknownCode();
      return c.render(<DeviceDecidedPage approved={approved} />);
    });
}

function unknownCode(): ProblemError {
  return new ProblemError(
    'not-found',
    'This code is wrong, has expired, or was entered by someone else. Check it, or run the command again to get a new code.',
  );
}
