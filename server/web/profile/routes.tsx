import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { updateUserBodySchema } from '../../../shared/schemas/accounts/users.ts';
import { noSuchSession } from '../../domain/sign-in/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import type { SessionRecord } from '../../store/records.ts';
import { expectProblem, passwordMismatch, renderProblem } from '../shell/form-problem.ts';
import { parseForm, text } from '../shell/form-values.ts';
import type { Messages } from '../shell/messages/messages.ts';
import type { NamelessCode } from '../shell/messages/texts.ts';
import type { DeviceCookie } from '../sign-in/device-cookie.ts';
import type { SsoState } from './connect-sso.tsx';
import { EndOtherSessionsDialog, EndSessionDialog } from './end-session-dialog.tsx';
import { ProfilePage, profilePath, type RejectedForm } from './profile-page.tsx';

interface ProfileDeps
  extends Pick<
    AppDeps,
    'sessions' | 'ownProfile' | 'passwordPolicy' | 'ssoConnection' | 'config' | 'clock' | 'sendsMail'
  > {
  deviceCookie: DeviceCookie;
  messages: Messages;
}

/** Routes of `/profile`: the member's own account and sessions. */
export function profilePages(deps: ProfileDeps) {
  const { sessions, ownProfile, passwordPolicy, ssoConnection, config, clock, sendsMail, deviceCookie, messages } =
    deps;
  return new Hono<AppEnv>()
    .get(profilePath, async (c) => {
      const own = await sessions.list(c.get('caller'));
      return c.render(await page(c, own, { dialog: requestedDialog(c, own) }));
    })
    .post(`${profilePath}/name`, (c) =>
      submit(c, 'name', 'name-changed', async (fields) => {
        const { name = '' } = parseForm(updateUserBodySchema, { name: text(fields.name) });
        await ownProfile.rename(c.get('caller'), name);
      }),
    )
    .post(`${profilePath}/email`, (c) =>
      submit(c, 'email', sendsMail ? 'email-change-requested' : 'email-change-unmailed', async (fields) => {
        const { email = '' } = parseForm(updateUserBodySchema, { email: text(fields.email) });
        await ownProfile.requestEmailChange(c.get('caller'), email, text(fields.password));
      }),
    )
    .post(`${profilePath}/password`, (c) =>
      submit(c, 'password', 'password-changed', async (fields) => {
        const newPassword = text(fields.new);
        if (newPassword !== text(fields.again)) throw passwordMismatch();
        const member = await sessions.changePassword(c.get('caller'), text(fields.current), newPassword);
        deviceCookie.remember(c, member, 'password');
      }),
    )
    .post(`${profilePath}/sessions/end-others`, async (c) => {
      await sessions.endOthers(c.get('caller'));
      return messages.redirect(c, profilePath, 'sessions-ended');
    })
    .post(`${profilePath}/sessions/:id/end`, async (c) => {
      await sessions.end(c.get('caller'), c.req.param('id'));
      return messages.redirect(c, profilePath, 'session-ended');
    });

  /** Handles a form of the page. If it is rejected, shows the page with the problem at that form. */
  async function submit(
    c: AppContext,
    form: RejectedForm['form'],
    success: NamelessCode,
    act: (fields: Record<string, unknown>) => Promise<void>,
  ) {
    const fields = await c.req.parseBody();
    try {
      await act(fields);
      return messages.redirect(c, profilePath, success);
    } catch (error) {
      const problem = expectProblem(error);
      if (problem.code === 'not-authenticated') throw problem;
      const rejected = { form, problem, value: form === 'password' ? '' : text(fields[form]) };
      return renderProblem(c, problem, await page(c, await sessions.list(c.get('caller')), { rejected }));
    }
  }

  async function page(c: AppContext, own: SessionRecord[], rest: { dialog?: Child; rejected?: RejectedForm }) {
    const { user, sessionId } = c.get('caller');
    const details = { sessions: own, currentSessionId: sessionId, now: clock.now() };
    return <ProfilePage {...details} mayUsePassword={passwordPolicy.allows(user)} sso={await ssoState(c)} {...rest} />;
  }

  async function ssoState(c: AppContext): Promise<SsoState | null> {
    if (ssoConnection === null || config.oidc === null) return null;
    const [caller, session] = [c.get('caller'), c.get('session')];
    const identity = await ssoConnection.identityOf(caller.user);
    return { issuer: config.oidc.issuer, identity, canConnect: ssoConnection.isPossible({ caller, session }) };
  }

  function requestedDialog(c: AppContext, own: SessionRecord[]): Child {
    const { dialog, id } = c.req.query();
    if (dialog === 'end-others') return <EndOtherSessionsDialog />;
    if (dialog !== 'end-session') return null;
    const session = own.find((candidate) => candidate.id === id);
    if (session === undefined) throw noSuchSession();
    return <EndSessionDialog session={session} now={clock.now()} />;
  }
}
