import type { appColumns } from './tables/apps.ts';
import type { RecordOf } from './tables/column.ts';

/** An upstream application that routes of the proxy protect. */
export interface AppRecord extends Omit<RecordOf<typeof appColumns>, 'groups'> {
  /** In canonical form. A host belongs to one app. */
  hosts: string[];
  /** The groups whose members may use the app. Empty: every member may. */
  groups: string[];
}

/** The part of an app that verification reads. */
export type AppMatch = Pick<AppRecord, 'id' | 'name' | 'groups' | 'preflight'>;

/** The app that a proxy names for a request. */
export type AppKey = { kind: 'name'; name: string } | { kind: 'host'; host: string };
