import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { hasCode } from '../../errors.ts';
import type { OwnerOptions } from '../../input/owner-options.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape, tokenShape } from '../shapes.ts';
import { matchName, matchNames } from './match-name.ts';

/** Returns every token of this owner, or your own. */
export function listTokens(api: Api, owner: OwnerOptions): Promise<Token[]> {
  const filter = ownerFilter(owner);
  return collect((page) => expectBody(api.tokens.$get({ query: { ...filter, ...page } }), pageShape(tokenShape)));
}

/** Returns the token that `name` refers to. @throws CliError `token-not-found` or `ambiguous-name`. */
export async function findToken(api: Api, name: string, owner: OwnerOptions): Promise<Token> {
  return matchName(name, await candidatesFor(api, [name], owner), listCommand(owner));
}

/** Returns the tokens that several names refer to, each once, and the errors of the names that match none or several. */
export async function findTokens(api: Api, names: readonly string[], owner: OwnerOptions) {
  return matchNames(names, await candidatesFor(api, names, owner), listCommand(owner));
}

/**
 * Returns every token of this owner, or your own. Adds those that the names give by ID, which may belong to others: a
 * superuser finds the IDs in `tokens list --all --json` and in the audit log.
 */
async function candidatesFor(api: Api, names: readonly string[], owner: OwnerOptions): Promise<Token[]> {
  const tokens = await listTokens(api, owner);
  if (owner.user !== undefined || owner.serviceAccount !== undefined) return tokens;
  const known = new Set(tokens.map(({ id }) => id));
  const ids = names.map((name) => name.toLowerCase()).filter((name) => uuid.test(name) && !known.has(name));
  const others = await Promise.all(ids.map((id) => readToken(api, id)));
  return [...tokens, ...others.filter((token) => token !== null)];
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function readToken(api: Api, id: string): Promise<Token | null> {
  try {
    return await expectBody(api.tokens[':id'].$get({ param: { id } }), tokenShape);
  } catch (error) {
    if (hasCode(error, 'token-not-found') || hasCode(error, 'not-found')) return null;
    throw error;
  }
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
