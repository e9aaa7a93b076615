import type { Token } from '../../shared/schemas/tokens.ts';
import type { Api } from './client.ts';
import { matchName } from './match-name.ts';
import { collect } from './pages.ts';
import { unwrap } from './unwrap.ts';

/** Every token of the member with this e-mail address, or of the person who is signed in. */
export function tokensOf(api: Api, email: string | undefined): Promise<Token[]> {
  const filter = email === undefined ? {} : { user: email };
  return collect((page) => unwrap(api.tokens.$get({ query: { ...filter, ...page } })));
}

/** The token that `name` means. Throws `token-not-found` or `ambiguous-name`. */
export async function findToken(api: Api, name: string, email: string | undefined): Promise<Token> {
  return matchName(name, await tokensOf(api, email));
}
