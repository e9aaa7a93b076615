import type { actorColumns } from './tables/audit.ts';
import type { RecordOf } from './tables/column.ts';
import type { lastUseColumns, ownerColumns, tombstoneColumns } from './tables/tokens.ts';
import type { deniedRequestColumns } from './tables/usage.ts';

/** A denied request with a value of a token. */
export type DeniedRequest = RecordOf<typeof deniedRequestColumns>;

/** A denied request that is to be stored. Its ID keeps a request that is written again from being stored twice. */
export interface NewDeniedRequest extends DeniedRequest {
  tokenId: string;
}

/** A token that ended, as its tombstone remembers it. The last use is that of any of its values. */
export interface EndedToken
  extends Pick<RecordOf<typeof tombstoneColumns>, 'ownerId' | 'prefix' | 'name' | 'reason'>,
    Pick<RecordOf<typeof ownerColumns>, 'ownerEmail' | 'ownerKind'> {
  id: string;
  /** Whether the account of the owner was deleted since. */
  ownerDeleted: boolean;
  endedAt: number;
  /** Who ended it. The system removes expired and idle tokens. */
  actor: RecordOf<typeof actorColumns>;
  lastUse: RecordOf<typeof lastUseColumns> | null;
}

/** The text that a search looks for. */
export interface SearchText {
  /** The text as it was typed. Prefixes have case. */
  text: string;
  /** The text as names are folded. */
  folded: string;
}

/** A token that ended and that a search found. */
export interface FoundEndedToken {
  token: EndedToken;
  /** The prefix of an earlier value, if the text is the beginning of that one. */
  earlierPrefix: string | null;
}
