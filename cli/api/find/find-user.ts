import type { User } from '../../../shared/schemas/accounts/users.ts';
import { localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape, userShape } from '../shapes.ts';
import { didYouMean } from './close-names.ts';

/** Maximum number of members that are read to suggest one. */
const maxCompared = 1_000;

/** Returns the member with this email address. @throws CliError `user-not-found`. */
export async function findUser(api: Api, email: string): Promise<User> {
  const [user] = await collect((page) => readUsers(api, { email, ...page }), 1);
  if (user) return user;
  const others = await listUsers(api).catch(() => []);
  const guess = didYouMean(
    email,
    others.map((one) => one.email),
  );
  throw localError(
    'user-not-found',
    `There is no member ${sanitize(email)}.${guess} Run \`tokens users list\` to see all members.`,
  );
}

/** Returns the members to compare a name with. */
export function listUsers(api: Api): Promise<User[]> {
  return collect((page) => readUsers(api, page), maxCompared);
}

function readUsers(api: Api, query: { email?: string; limit?: string; cursor?: string }) {
  return expectBody(api.users.$get({ query }), pageShape(userShape));
}
