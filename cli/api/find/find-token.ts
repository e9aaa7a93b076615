import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape, tokenShape } from '../shapes.ts';
import { matchName } from './match-name.ts';

/** Returns every token of the member with this email address, or your own. */
export function listTokens(api: Api, email: string | undefined): Promise<Token[]> {
  const filter = email === undefined ? {} : { user: email };
  return collect((page) => expectBody(api.tokens.$get({ query: { ...filter, ...page } }), pageShape(tokenShape)));
}

/** Returns the token that `name` refers to. @throws CliError `token-not-found` or `ambiguous-name`. */
export async function findToken(api: Api, name: string, email: string | undefined): Promise<Token> {
  return matchName(name, await listTokens(api, email), listCommand(email));
}

/** Returns the command that shows the tokens of the member, or your own. */
export function listCommand(email: string | undefined): string {
  return email === undefined ? 'tokens list' : `tokens list --user ${sanitize(email)}`;
}
