import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { OwnerOptions } from '../../input/owner-options.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape, tokenShape } from '../shapes.ts';
import { matchName } from './match-name.ts';

/** Returns every token of this owner, or your own. */
export function listTokens(api: Api, owner: OwnerOptions): Promise<Token[]> {
  const filter = ownerFilter(owner);
  return collect((page) => expectBody(api.tokens.$get({ query: { ...filter, ...page } }), pageShape(tokenShape)));
}

/** Returns the token that `name` refers to. @throws CliError `token-not-found` or `ambiguous-name`. */
export async function findToken(api: Api, name: string, owner: OwnerOptions): Promise<Token> {
  return matchName(name, await listTokens(api, owner), listCommand(owner));
}

/** Returns the parameters that select the tokens of an owner. */
export function ownerFilter({ user, serviceAccount }: OwnerOptions) {
  return {
    ...(user !== undefined && { user }),
    ...(serviceAccount !== undefined && { service_account: serviceAccount }),
  };
}

/** Returns the command that shows the tokens of this owner, or your own. */
export function listCommand({ user, serviceAccount }: OwnerOptions): string {
  if (serviceAccount !== undefined) return `tokens list --service-account ${sanitize(serviceAccount)}`;
  return user === undefined ? 'tokens list' : `tokens list --user ${sanitize(user)}`;
}
