import type { Migration } from './migration.ts';

/** Adds the ID token that a session began with, encrypted with the session's secret. */
export const idTokens: Migration = {
  name: '0007-id-tokens',
  // The release before ignores the column. Its sessions have no ID token.
  worksFrom: '0003-several-nodes',
  up(trx) {
    return trx.schema.alterTable('sessions', (table) => {
      table.text('sso_id_token');
    });
  },
};
