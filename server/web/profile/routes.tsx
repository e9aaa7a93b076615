import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import { noSuchSession } from '../../domain/sign-in/sessions.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import type { SessionRecord } from '../../store/records.ts';
import { expectProblem, passwordMismatch, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { successMessage, withSuccess } from '../shell/success-message.ts';
import { EndOtherSessionsDialog, EndSessionDialog } from './end-session-dialog.tsx';
import { ProfilePage, profilePath } from './profile-page.tsx';

type ProfileDeps = Pick<AppDeps, 'sessions' | 'passwordPolicy' | 'clock'>;

/** Routes of `/profile`: the member's own account and sessions. */
export function profilePages({ sessions, passwordPolicy, clock }: ProfileDeps) {
  return new Hono<AppEnv>()
    .get(profilePath, async (c) => {
      const own = await sessions.list(c.get('caller'));
      const success = successMessage(c.req.query('done'));
      return c.render(page(c, own, { success, dialog: requestedDialog(c, own) }));
    })
    .post(`${profilePath}/password`, async (c) => {
      const form = await c.req.parseBody();
      const caller = c.get('caller');
      try {
        const newPassword = text(form.new);
        if (newPassword !== text(form.again)) throw passwordMismatch();
        await sessions.changePassword(caller, text(form.current), newPassword);
        return c.redirect(withSuccess(profilePath, 'password-changed'), 303);
      } catch (error) {
        const problem = expectProblem(error);
        return renderProblem(c, problem, page(c, await sessions.list(caller), { problem }));
      }
    })
    .post(`${profilePath}/sessions/end-others`, async (c) => {
      await sessions.endOthers(c.get('caller'));
      return c.redirect(withSuccess(profilePath, 'sessions-ended'), 303);
    })
    .post(`${profilePath}/sessions/:id/end`, async (c) => {
      await sessions.end(c.get('caller'), c.req.param('id'));
      return c.redirect(withSuccess(profilePath, 'session-ended'), 303);
    });

  function page(
    c: AppContext,
    own: SessionRecord[],
    rest: { success?: string | undefined; dialog?: Child; problem?: ProblemError },
  ) {
    const { user, sessionId } = c.get('caller');
    const details = { sessions: own, currentSessionId: sessionId, now: clock.now() };
    return <ProfilePage {...details} mayUsePassword={passwordPolicy.allows(user)} {...rest} />;
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
