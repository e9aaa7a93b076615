import { generateToken, hashSecret } from '../../../server/domain/secrets.ts';
import { openPostgres } from '../../../server/store/engine/postgres/postgres.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import { displayPrefix } from '../../../shared/token-format.ts';

/** Functions of the daemon's source with which the benchmark fills databases. */
export const server = {
  createKnexStore,
  displayPrefix,
  generateToken,
  hashSecret,
  migrations,
  openPostgres,
  openSqlite,
};
