import type { RecordOf } from './tables/column.ts';
import type { deniedRequestColumns } from './tables/usage.ts';

/** A denied request with a value of a token. */
export type DeniedRequest = RecordOf<typeof deniedRequestColumns>;

/** A denied request that is to be stored. Its ID keeps a request that is written again from being stored twice. */
export interface NewDeniedRequest extends DeniedRequest {
  tokenId: string;
}
