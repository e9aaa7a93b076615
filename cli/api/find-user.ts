import type { User } from '../../shared/schemas/users.ts';
import { localError } from '../errors.ts';
import { plain } from '../ui/plain.ts';
import type { Api } from './client.ts';
import { collect } from './pages.ts';
import { unwrap } from './unwrap.ts';

/** The member with this e-mail address. Throws `user-not-found`. */
export async function findUser(api: Api, email: string): Promise<User> {
  const [user] = await collect((page) => unwrap(api.users.$get({ query: { email, ...page } })), 1);
  if (user) return user;
  throw localError('user-not-found', `There is no member ${plain(email)}. See them with \`tokens users list\`.`);
}
