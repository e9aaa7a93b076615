import type { Knex } from 'knex';

/** One change to the schema. Its name sorts after those of all earlier migrations, and never changes after a release. */
export interface Migration {
  name: string;
  /**
   * The migration that a program must know to use the schema after this one. An additive migration names an earlier one,
   * so that daemons of the previous release keep running during an upgrade. Defaults to this migration.
   */
  worksFrom?: string;
  up(trx: Knex): Promise<void>;
}
