import { limits } from '../../../shared/limits.ts';
import type { Token, TokenStatus } from '../../../shared/schemas/tokens/tokens.ts';
import { hasCode } from '../../errors.ts';
import type { OwnerOptions } from '../../input/owner-options.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape, tokenShape } from '../shapes.ts';
import { matchName, matchNames } from './match-name.ts';

/** Returns every token of this owner, or your own, or only those with a status. */
export function listTokens(api: Api, owner: OwnerOptions, status?: TokenStatus): Promise<Token[]> {
  const filter = { ...ownerFilter(owner), ...(status !== undefined && { status }) };
  return collect((page) => expectBody(api.tokens.$get({ query: { ...filter, ...page } }), pageShape(tokenShape)));
}

/** Returns the token that `name` refers to. @throws CliError `token-not-found` or `ambiguous-name`. */
export async function findToken(api: Api, name: string, owner: OwnerOptions): Promise<Token> {
  const { tokens } = await candidatesFor(api, [name], owner);
  return matchName(name, tokens, listCommand(owner));
}

/**
 * Returns the tokens that several names refer to, each once, and the errors of the names that match none or several. `others` are those among
 * them that an ID or a prefix found although they are not your own.
 */
export async function findTokens(api: Api, names: readonly string[], owner: OwnerOptions) {
  const { tokens, others } = await candidatesFor(api, names, owner);
  return { ...matchNames(names, tokens, listCommand(owner)), others };
}

/**
 * Returns every token of this owner, or your own. Without an owner, adds those that the names give by ID or by prefix, which may belong to
 * others: a superuser finds IDs in `tokens list --all --json` and in the audit log, and prefixes in the logs of a proxy.
 */
async function candidatesFor(api: Api, names: readonly string[], owner: OwnerOptions) {
  const tokens = await listTokens(api, owner);
  const others = new Set<Token>();
  if (namesOwner(owner)) return { tokens, others };
  const known = new Set(tokens.map(({ id }) => id));
  const ids = names.map((name) => name.toLowerCase()).filter((name) => uuid.test(name) && !known.has(name));
  // Look up a prefix even if one of your own tokens has it, because a token of another owner may have the same one.
  const prefixes = names.filter(isPrefix);
  const byId = await Promise.all(ids.map((id) => readToken(api, id)));
  const byPrefix = await Promise.all(prefixes.map((text) => listByPrefix(api, text)));
  for (const token of [...byId, ...byPrefix.flat()]) {
    if (token === null || known.has(token.id)) continue;
    known.add(token.id);
    others.add(token);
  }
  return { tokens: [...tokens, ...others], others };
}

/**
 * Returns the tokens of all owners that have these prefixes. A daemon of the release before ignores the parameter, and lists your
 * own.
 */
async function listByPrefix(api: Api, text: string): Promise<Token[]> {
  const query = { prefix: text, limit: String(limits.maxPageSize) };
  const { items } = await expectBody(api.tokens.$get({ query }), pageShape(tokenShape));
  return items.filter((token) => hasPrefix(token, text));
}

/**
 * Returns the tokens that had a value with this prefix which no longer works. A daemon that does not report the use of earlier values ignores the
 * parameter, too, and lists your own tokens.
 */
export async function listByEarlierPrefix(api: Api, text: string): Promise<Token[]> {
  const query = { prefix: text, limit: String(limits.maxPageSize) };
  const { items } = await expectBody(api.tokens.$get({ query }), pageShape(tokenShape));
  return items.filter((token) => token.previous_used_at !== undefined && !hasPrefix(token, text));
}

function hasPrefix({ prefix, previous }: Token, text: string): boolean {
  return prefix === text || previous?.prefix === text;
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

/** Reports whether a text has the form of a prefix. */
export function isPrefix(text: string): boolean {
  return /^[a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8}$/.test(text);
}

/** Reports whether the options name an owner other than the member who is signed in. */
export function namesOwner({ user, serviceAccount }: OwnerOptions): boolean {
  return user !== undefined || serviceAccount !== undefined;
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
