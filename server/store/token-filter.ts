import type { TokenStatus } from '../../shared/schemas/tokens/tokens.ts';

/** Which tokens a list or a count selects. The conditions combine; none of them implies a status. */
export interface TokenFilter {
  /** `false`: no canaries. `only`: nothing else. `used`: canaries whose value somebody presented. By default, a filter by times leaves them out. */
  canaries?: false | 'only' | 'used';
  status?: TokenStatus;
  /** Only exchanged tokens. They are left out otherwise. */
  exchanged?: true;
  /** Older than this, and neither value was used for this long. */
  unusedForMs?: number;
  /** A request with the token was denied within this time. */
  deniedWithinMs?: number;
  neverUsed?: true;
  noExpiry?: true;
  /** Its value is at least this old: the token was neither created nor rotated since. */
  unrotatedForMs?: number;
  /** The value before the last rotation still works. */
  twoValues?: true;
  /** Not expired yet, but at the end of this time. */
  expiringWithinMs?: number;
}

/** The order of a list. Tokens without the field come last, and tokens whose field is equal are in the order of their IDs. */
export interface TokenSort {
  by: 'name' | 'created' | 'expires' | 'last_used';
  descending: boolean;
  /** The last token of the page before, with what it is sorted by; null if it lacks that. For `created`, `key` is null. */
  after: { key: string | number | null; id: string } | null;
  /** Whether at most 10,000 tokens match. Others cannot be sorted by `last_used`. */
  few: boolean;
}
