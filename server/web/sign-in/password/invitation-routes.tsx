import { Hono } from 'hono';
import { invitationExpired } from '../../../domain/accounts/invitations.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { expectProblem, passwordMismatch, renderProblem } from '../../shell/form-problem.ts';
import { text } from '../../shell/form-values.ts';
import type { Messages } from '../../shell/messages/messages.ts';
import type { DeviceCookie } from '../device-cookie.ts';
import { InvitationExpiredPage, InvitationPage, invitationPath } from './invitation-page.tsx';

interface InvitationPageDeps extends Pick<AppDeps, 'invitations' | 'identityProvider'> {
  deviceCookie: DeviceCookie;
  messages: Messages;
}

/** Routes of `/invitation`: an invited member sets a first password. Opening the link does not use it up. */
export function invitationPages({ invitations, identityProvider, deviceCookie, messages }: InvitationPageDeps) {
  const sso = identityProvider !== null;
  return new Hono<AppEnv>()
    .get(invitationPath, async (c) => {
      const token = c.req.query('token') ?? '';
      const member = await invitations.find(token);
      if (member === null) return renderExpired(c, token);
      return c.render(<InvitationPage token={token} email={member.email} sso={sso} />);
    })
    .post(invitationPath, async (c) => {
      const form = await c.req.parseBody();
      const [token, password] = [text(form.token), text(form.password)];
      try {
        if (password !== text(form.again)) throw passwordMismatch();
        deviceCookie.remember(c, await invitations.accept(token, password, c.get('clientInfo')), 'password');
        return messages.redirect(c, '/login', 'joined');
      } catch (error) {
        const problem = expectProblem(error);
        const member = await invitations.find(token);
        if (member === null) return renderExpired(c, token);
        const page = <InvitationPage token={token} email={member.email} sso={sso} problem={problem} />;
        return renderProblem(c, problem, page);
      }
    });

  async function renderExpired(c: AppContext, token: string) {
    const problem = invitationExpired();
    const replacedAt = await invitations.replacedAt(token);
    return renderProblem(c, problem, <InvitationExpiredPage message={problem.message} replacedAt={replacedAt} />);
  }
}
