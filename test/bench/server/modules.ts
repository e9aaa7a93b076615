import { generateToken, hashSecret } from '../../../server/domain/secrets.ts';
import { openPostgres } from '../../../server/store/engine/postgres/postgres.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import { displayPrefix } from '../../../shared/token-format.ts';

/** What the benchmark uses of the daemon's source to fill databases. */
export const server = {
  createKnexStore,
  displayPrefix,
  generateToken,
  hashSecret,
  migrations,
  openPostgres,
  openSqlite,
};
