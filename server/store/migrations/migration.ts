import type { Knex } from 'knex';

/** One step of the schema. Its name sorts after all earlier ones and never changes once released. */
export interface Migration {
  name: string;
  /**
   * The name of the newest migration that a program must know to work on the schema after this one: additive migrations name
   * an earlier one, so that the release before runs on during an upgrade. Left out: this one itself.
   */
  worksFrom?: string;
  up(trx: Knex): Promise<void>;
}
