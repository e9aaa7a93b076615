import type { TokenRecord } from './records.ts';
import type { EndedToken } from './token-records.ts';

/** What is looked for. */
export interface SearchText {
  /** The text as it was typed. Prefixes have case. */
  text: string;
  /** The text as names are folded. */
  folded: string;
}

/** A token that a search found. */
export interface FoundToken {
  token: TokenRecord;
  /** The prefix of an earlier value, if the text is the beginning of that one. */
  earlierPrefix: string | null;
}

/** A token that ended and that a search found. */
export interface FoundEndedToken {
  token: EndedToken;
  /** The prefix of an earlier value, if the text is the beginning of that one. */
  earlierPrefix: string | null;
}
