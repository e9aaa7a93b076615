import { importTypeScript } from '../../../scripts/import-typescript.mjs';

const { server } = await importTypeScript(new URL('modules.ts', import.meta.url));

export const { createKnexStore, displayPrefix, generateToken, hashSecret, migrations, openPostgres, openSqlite } =
  server;
