import type { RecordOf } from './tables/column.ts';
import type { deniedRequestColumns } from './tables/usage.ts';

/** A denied request with a value of a token. */
export type DeniedRequest = RecordOf<typeof deniedRequestColumns>;

/** A denied request that is to be stored. `id` keeps a request that is written again from being stored twice. */
export interface NewDeniedRequest extends DeniedRequest {
  id: string;
  tokenId: string;
}
