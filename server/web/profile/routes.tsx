import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import type { SessionRecord } from '../../store/records.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { doneMessage, withDone } from '../shell/success-message.ts';
import { EndOthersDialog, EndSessionDialog, ProfilePage, profilePath } from './profile-page.tsx';

/** `/profile`: oneself. */
export function profilePages({ sessions, clock, config }: AppDeps) {
  const { organization } = config;

  return new Hono<AppEnv>()
    .get(profilePath, async (c) => {
      const own = await sessions.list(c.get('caller'));
      return c.html(page(c, own, { done: doneMessage(c.req.query('done')), dialog: dialogOf(c, own) }));
    })
    .post(`${profilePath}/password`, async (c) => {
      const form = await c.req.parseBody();
      const caller = c.get('caller');
      try {
        const next = text(form.new);
        if (next !== text(form.again)) throw differentPasswords();
        await sessions.changePassword(caller, text(form.current), next);
        return c.redirect(withDone(profilePath, 'password-changed'), 303);
      } catch (error) {
        const refused = refusalOf(error);
        return showRefused(c, refused, page(c, await sessions.list(caller), { refused }));
      }
    })
    .post(`${profilePath}/sessions/end-others`, async (c) => {
      await sessions.endOthers(c.get('caller'));
      return c.redirect(withDone(profilePath, 'sessions-ended'), 303);
    })
    .post(`${profilePath}/sessions/:id/end`, async (c) => {
      await sessions.end(c.get('caller'), c.req.param('id'));
      return c.redirect(withDone(profilePath, 'session-ended'), 303);
    });

  function page(
    c: AppContext,
    own: SessionRecord[],
    rest: { done?: string | undefined; dialog?: Child; refused?: ProblemError },
  ) {
    return <ProfilePage c={c} organization={organization} sessions={own} now={clock.now()} {...rest} />;
  }

  function dialogOf(c: AppContext, own: SessionRecord[]): Child {
    const { dialog, id } = c.req.query();
    if (dialog === 'end-others') return <EndOthersDialog c={c} />;
    if (dialog !== 'end-session') return null;
    const session = own.find((one) => one.id === id);
    if (session === undefined)
      throw new ProblemError('not-found', 'There is no such session. It may have ended already.');
    return <EndSessionDialog c={c} session={session} now={clock.now()} />;
  }
}

function differentPasswords(): ProblemError {
  const detail = 'This is not what you typed above. Type the new password twice.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/again', detail }] });
}
