import type { User } from '../../../shared/schemas/accounts/users.ts';
import type { ListedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import { sessionsShape } from '../../session/session-shape.ts';
import type { Api } from '../client.ts';
import { expectBody } from '../responses.ts';
import { findUser } from './find-user.ts';

/**
 * Returns the caller's sessions. With an email address, returns the member with this address and their sessions. @throws CliError
 * `user-not-found`
 */
export async function findSessions(
  api: Api,
  email: string | undefined,
): Promise<{ items: ListedSession[]; member: User | null }> {
  if (email === undefined) return { ...(await expectBody(api.sessions.$get(), sessionsShape)), member: null };
  const member = await findUser(api, email);
  const sessions = api.users[':id'].sessions.$get({ param: { id: member.id } });
  return { ...(await expectBody(sessions, sessionsShape)), member };
}
