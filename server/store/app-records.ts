import type { appColumns } from './tables/apps.ts';
import type { RecordOf } from './tables/column.ts';

/** What a proxy route protects. */
export interface AppRecord extends Omit<RecordOf<typeof appColumns>, 'groups'> {
  /** In canonical form. A host belongs to one app. */
  hosts: string[];
  /** Who may use the app. Empty: every member. */
  groups: string[];
}

/** What verification needs to know of an app. */
export type AppMatch = Pick<AppRecord, 'id' | 'name' | 'groups' | 'preflight'>;

/** Which app a proxy says that a request is for. */
export type AppKey = { kind: 'name'; name: string } | { kind: 'host'; host: string };
