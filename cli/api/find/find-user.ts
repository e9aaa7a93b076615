import type { User } from '../../../shared/schemas/accounts/users.ts';
import { localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape, userShape } from '../shapes.ts';

/** Returns the member with this email address. @throws CliError `user-not-found`. */
export async function findUser(api: Api, email: string): Promise<User> {
  const [user] = await collect(
    (page) => expectBody(api.users.$get({ query: { email, ...page } }), pageShape(userShape)),
    1,
  );
  if (user) return user;
  throw localError(
    'user-not-found',
    `There is no member ${sanitize(email)}. Run \`tokens users list\` to see all members.`,
  );
}
