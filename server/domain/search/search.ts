import { foldName, normalizeName, serviceAccountName } from '../../../shared/names.ts';
import type {
  AppRecord,
  FoundEndedToken,
  FoundToken,
  SearchText,
  ServiceAccountSummary,
  StatusContext,
  UserSummary,
} from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { type Caller, readsEverything } from '../caller.ts';
import { byRank, rankOf, ranks } from './rank.ts';

/** Maximum length of the text of a search, in UTF-16 units. */
export const maxSearchLength = 200;

/** Maximum number of results of one kind. */
export const maxResults = 10;

/** Maximum number of owners whose tokens a search shows. */
const maxOwners = 3;

/** The best results of one kind. */
export interface Results<T> {
  items: T[];
  hasMore: boolean;
}

export interface SearchResults {
  tokens: Results<FoundToken>;
  /** Tokens that were revoked or removed, as long as their tombstones are kept. */
  endedTokens: Results<FoundEndedToken>;
  serviceAccounts: Results<ServiceAccountSummary>;
  members: Results<UserSummary>;
  apps: Results<AppRecord>;
  /** Whether the search read every name for text in the middle. It reads the newest ones only if there are many. */
  isComplete: boolean;
}

export interface Search {
  /**
   * Finds tokens, ended ones too, service accounts, members and apps by text. Superusers and auditors search everything. Others search their own tokens, the
   * service accounts that they maintain, and the tokens of these.
   */
  find(caller: Caller, typed: string): Promise<SearchResults>;
}

interface SearchDeps {
  store: Store;
  statusContext: () => StatusContext;
}

export function createSearch(deps: SearchDeps): Search {
  return {
    async find(caller, typed) {
      const text = normalizeName(withoutControls(typed).slice(0, maxSearchLength));
      const search = { text, folded: foldName(text) };
      if (text === '') return nothing;
      return readsEverything(caller) ? findAnywhere(deps, search) : findOwn(deps.store, caller, search);
    },
  };
}

/** No name contains a control character, and PostgreSQL accepts no NUL. */
function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

async function findAnywhere({ store, statusContext }: SearchDeps, search: SearchText): Promise<SearchResults> {
  const limit = maxResults + 1;
  const [tokens, ended, accounts, users, apps, isTooLarge] = await Promise.all([
    store.search.tokens(search, limit),
    store.search.endedTokens(search, limit),
    store.search.serviceAccounts(nameOfAccount(search), limit),
    store.search.members(search.folded, limit),
    store.search.apps(search.folded, limit),
    store.search.isTooLarge(),
  ]);
  const members = best(users, (user) => rankOfOwner(search, user), idOf);
  const serviceAccounts = best(accounts, (account) => rankOfOwner(search, account), idOf);
  const owners = [...members.items, ...serviceAccounts.items].filter((owner) => isNamed(search, owner));
  const owned = await Promise.all(
    owners
      .slice(0, maxOwners)
      .map(({ id }) => store.tokens.list({ ownerId: id, limit, before: null, ...statusContext() })),
  );
  const found = new Map(tokens.map((one) => [one.token.id, one]));
  for (const token of owned.flat()) if (!found.has(token.id)) found.set(token.id, { token, earlierPrefix: null });
  return {
    tokens: bestTokens(search, [...found.values()]),
    endedTokens: bestTokens(search, ended),
    serviceAccounts,
    members,
    apps: best(apps, ({ name, hosts }) => rankOf(search.folded, [name, ...hosts]), idOf),
    isComplete: !isTooLarge,
  };
}

/** Reads nothing that belongs to others, so that neither the results nor their time say anything about it. */
async function findOwn(store: Store, { user }: Caller, search: SearchText): Promise<SearchResults> {
  const maintained = await store.serviceAccounts.maintainedBy(user.id);
  const accounts = await store.search.serviceAccounts(nameOfAccount(search), maxResults + 1, maintained);
  const matching = accounts.filter((account) => isNamed(search, account)).map(({ id }) => id);
  if (isNamed(search, user)) matching.push(user.id);
  const owners = { ids: [user.id, ...maintained], matching };
  const tokens = await store.search.tokensOf(search, owners, maxResults + 1);
  const ended = await store.search.endedTokens(search, maxResults + 1, owners.ids);
  return {
    ...nothing,
    tokens: bestTokens(search, tokens),
    endedTokens: bestTokens(search, ended),
    serviceAccounts: best(accounts, (account) => rankOfOwner(search, account), idOf),
  };
}

const none = { items: [], hasMore: false };
const nothing: SearchResults = {
  ...{ tokens: none, endedTokens: none, serviceAccounts: none, members: none, apps: none },
  isComplete: true,
};

const idOf = ({ id }: { id: string }) => id;

function best<T>(records: readonly T[], rank: (record: T) => number, id: (record: T) => string): Results<T> {
  return { items: byRank(records, rank, id).slice(0, maxResults), hasMore: records.length > maxResults };
}

function bestTokens<T extends FoundToken | FoundEndedToken>(search: SearchText, found: readonly T[]): Results<T> {
  return best(
    found,
    ({ token, earlierPrefix }) => Math.min(rankOfToken(search, token), rankOf(search.text, [earlierPrefix])),
    ({ token }) => token.id,
  );
}

function rankOfToken({ text, folded }: SearchText, { name, prefix }: { name: string; prefix: string }): number {
  return Math.min(rankOf(folded, [foldName(name)]), prefix.startsWith(text) ? rankOf(text, [prefix]) : ranks.other);
}

/** Returns the name of a service account from `service-account:NAME`. */
function nameOfAccount({ text, folded }: SearchText): SearchText {
  return { text: serviceAccountName(text) ?? text, folded: serviceAccountName(folded) ?? folded };
}

/** Returns the rank of a member, or of a service account, which has `service-account:NAME` in place of an address. */
function rankOfOwner({ folded }: SearchText, { name, email }: { name: string; email: string }): number {
  return rankOf(folded, [foldName(email), foldName(name)]);
}

/** Reports whether a text is the beginning of an owner's name or address, so that their tokens are results as well. */
function isNamed(search: SearchText, owner: { name: string; email: string }): boolean {
  return rankOfOwner(search, owner) <= ranks.begins;
}
