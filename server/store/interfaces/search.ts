import type {
  AppRecord,
  FoundEndedToken,
  FoundToken,
  SearchText,
  ServiceAccountSummary,
  UserSummary,
} from '../records.ts';

/**
 * Finds records by how their names and addresses begin, through indexes. Searches only the newest 10,000 records of a kind for a
 * text in the middle, so that a search takes about as long with a million tokens as with ten thousand. Each method returns at
 * most `limit` records, in no particular order.
 */
export interface SearchStore {
  /**
   * Finds tokens of any owner by name, description, and the prefix of their current and of earlier values. Finds exchanged tokens by prefix
   * only.
   */
  tokens(search: SearchText, limit: number): Promise<FoundToken[]>;
  /** Does the same for tokens of these owners, and also finds all tokens of `matching`, who are some of them. Reads no other token. */
  tokensOf(
    search: SearchText,
    owners: { ids: readonly string[]; matching: readonly string[] },
    limit: number,
  ): Promise<FoundToken[]>;
  /**
   * Finds tokens that ended by name and by the prefix of any of their values, as long as their tombstones are kept. Those with the prefix come first. With
   * `owners`, reads only tokens of these. Finds exchanged tokens by prefix only.
   */
  endedTokens(search: SearchText, limit: number, owners?: readonly string[]): Promise<FoundEndedToken[]>;
  /** Finds members by name and email address. */
  members(folded: string, limit: number): Promise<UserSummary[]>;
  /** Finds service accounts by name and description, of all or of those with these IDs. */
  serviceAccounts(search: SearchText, limit: number, ids?: readonly string[]): Promise<ServiceAccountSummary[]>;
  /** Finds apps by name and host. */
  apps(folded: string, limit: number): Promise<AppRecord[]>;
  /** Reports whether there are more tokens, ended tokens or members than a search for a text in the middle reads. */
  isTooLarge(): Promise<boolean>;
}
