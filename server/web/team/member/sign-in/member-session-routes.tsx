import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { noSuchSession } from '../../../../domain/sign-in/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../../http/context.ts';
import { memberSessionParamSchema } from '../../../../http/validate.ts';
import type { UserSummary } from '../../../../store/records.ts';
import type { MessageDeps } from '../../../shell/messages/messages.ts';
import { memberName } from '../../member-labels.ts';
import { memberPath, teamPath } from '../../team-paths.ts';
import { readPageUrl } from '../member-url.ts';
import { EndMemberSessionDialog } from './member-sessions.tsx';

type MemberSessionPagesDeps = Pick<AppDeps, 'users' | 'memberSessions'> & MessageDeps;

/** The route that ends one session of a member. The page of the member has the dialog. */
export function memberSessionPages({ users, memberSessions, messages }: MemberSessionPagesDeps) {
  return new Hono<AppEnv>().post(`${teamPath}/:id/sessions/:session/end`, async (c) => {
    const caller = c.get('caller');
    const { id, session } = memberSessionParamSchema.parse(c.req.param());
    const user = await users.get(caller, id);
    await memberSessions.end(caller, id, session);
    return messages.redirect(c, memberPath(id), 'member-session-ended', memberName(user));
  });
}

/** Returns the dialog that ends the session which the URL names. @throws ProblemError `not-found` */
export async function endSessionDialog(
  { memberSessions, clock }: Pick<AppDeps, 'memberSessions' | 'clock'>,
  c: AppContext,
  user: UserSummary,
): Promise<Child> {
  const id = c.req.query('session');
  const session = (await memberSessions.list(c.get('caller'), user.id)).find((one) => one.id === id);
  if (session === undefined) throw noSuchSession();
  return <EndMemberSessionDialog user={user} session={session} pageUrl={readPageUrl(c)} now={clock.now()} />;
}
