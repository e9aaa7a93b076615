import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { expect, it } from 'vitest';
import { connect, disconnect, execute } from '../../../server/store/engine/sqlite/connection.ts';
import { cellsOf } from '../../attacks/secrets/sqlite-rows.ts';
import { addDeveloper, signIn } from '../../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually } from '../../helpers/daemon/process.ts';

const events = 300_000;
const gone = 'zebedee@example.com';
const { newDataDir, start } = useDaemons();

/** Inserts many events, the last of which name the member. */
async function fill(path: string): Promise<void> {
  const database = await connect(path, sqlite3.OPEN_READWRITE);
  await execute(
    database,
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${events})
     INSERT INTO audit (id, at, actor_kind, action, target_kind, target_name, position)
     SELECT printf('019ab2c4-0000-7000-8000-%012x', i), 1764000000000 + i, 'system', 'token.changed', 'token',
       CASE WHEN i > ${events - 100} THEN 'of ${gone}' ELSE 'ci ' || i END, 1000 + i FROM n`,
  );
  await disconnect(database);
}

const naming = async (path: string) => (await cellsOf(path)).filter(({ value }) => value.includes(gone));

it('finishes the erasure of a member after the daemon was killed in the middle', async () => {
  const dataDir = await newDataDir();
  const path = join(dataDir, 'tokens.db');
  await fill(path);
  const daemon = await start(dataDir);
  const root = await signIn(daemon.url, superuser);
  const { user } = await addDeveloper(daemon.url, root, gone);
  await root.request('PATCH', `/users/${user.id}`, { disabled: true });
  const response = root.request('POST', `/users/${user.id}/erase`).then(
    ({ status }) => status,
    () => 'lost',
  );
  await eventually(async () => (await root.request('GET', `/users/${user.id}`)).status === 404, 'the deletion');
  await daemon.stop('SIGKILL');
  expect(await response).toBe('lost');
  expect((await naming(path)).map(({ table }) => table)).toEqual(expect.arrayContaining(['audit', 'erasures']));
  const next = await start(dataDir);
  await eventually(async () => (await naming(path)).length === 0, 'the end of the erasure', 120_000);
  const again = await signIn(next.url, superuser);
  expect((await again.request('POST', `/users/${user.id}/erase`)).status).toBe(204);
}, 180_000);
