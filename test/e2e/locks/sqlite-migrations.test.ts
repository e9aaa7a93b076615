import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../server/store/engine/engine.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import { buildSecondProgram, type SecondProgram } from '../../store/second-process.ts';

const later = { name: '9999-later', up: async () => {} };

describe('migrations on SQLite', () => {
  let program: SecondProgram;
  let directory: string;
  let url: string;
  let engine: Engine;
  beforeAll(async () => {
    program = await buildSecondProgram();
  });
  afterAll(() => program.remove());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokens-migrations-'));
    url = `sqlite:${join(directory, 'tokens.db')}`;
    engine = await openSqlite(url);
  });
  afterEach(async () => {
    await engine.close();
    await rm(directory, { recursive: true });
  });

  it('are applied once and in order, after which the schema is current', async () => {
    const store = createKnexStore(engine, migrations);
    expect(await store.schemaIsCurrent()).toBe(false);
    expect(await store.migrate()).toEqual(migrations.map(({ name }) => name));
    expect(await store.schemaIsCurrent()).toBe(true);
    expect(await store.migrate()).toEqual([]);
    expect(migrations.map(({ name }) => name)).toEqual(migrations.map(({ name }) => name).sort());
  });

  it('of a new version are missing until they are applied', async () => {
    await createKnexStore(engine, migrations).migrate();
    const newer = createKnexStore(engine, [...migrations, later]);
    expect(await newer.schemaIsCurrent()).toBe(false);
    expect(await newer.migrate()).toEqual([later.name]);
    expect(await newer.schemaIsCurrent()).toBe(true);
  });

  it('of a newer version are rejected with the next step', async () => {
    await createKnexStore(engine, [...migrations, later]).migrate();
    const older = createKnexStore(engine, migrations);
    await expect(older.migrate()).rejects.toThrow(/newer tokensd.*9999-later.*Install that version/s);
    expect(await older.schemaIsCurrent()).toBe(false);
  });

  it('of a newer version are accepted if they are additive', async () => {
    const [newest = ''] = migrations.map(({ name }) => name).slice(-1);
    const additive = { ...later, worksFrom: newest };
    await createKnexStore(engine, [...migrations, additive]).migrate();
    const running = createKnexStore(engine, migrations);
    expect(await running.schemaIsCurrent()).toBe(true);
    expect(await running.migrate()).toEqual([]);

    const breaking = { name: '9999-breaking', up: async () => {}, worksFrom: later.name };
    await createKnexStore(engine, [...migrations, additive, breaking]).migrate();
    expect(await running.schemaIsCurrent()).toBe(false);
    await expect(running.migrate()).rejects.toThrow(/newer tokensd.*9999-breaking/s);
    expect(await createKnexStore(engine, [...migrations, additive]).schemaIsCurrent()).toBe(true);
  });

  it('are rolled back together if one of them fails', async () => {
    const failing = { name: '9999-failing', up: () => Promise.reject(new Error('no')) };
    await expect(createKnexStore(engine, [...migrations, failing]).migrate()).rejects.toThrow();
    expect(await engine.knex.schema.hasTable('users')).toBe(false);
    expect(await createKnexStore(engine, migrations).migrate()).toEqual(migrations.map(({ name }) => name));
  });

  it('are applied by one of several processes that start concurrently, and all succeed', async () => {
    await engine.close();
    await rm(directory, { recursive: true });
    const processes = await Promise.all(Array.from({ length: 4 }, () => program.start('migrate', url)));
    expect(await Promise.all(processes.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
    const applied = processes.flatMap(({ firstLine }) => JSON.parse(firstLine) as string[]);
    expect(applied).toEqual(migrations.map(({ name }) => name));
    engine = await openSqlite(url);
  });

  it('are rolled back if their process is killed, and can be applied immediately', async () => {
    const killed = await program.start('hang', url);
    expect(killed.firstLine).toBe('migrating');
    await killed.kill();
    const store = createKnexStore(engine, migrations);
    expect(await store.migrate()).toEqual(migrations.map(({ name }) => name));
    expect(await engine.knex.schema.hasTable('partial')).toBe(false);
  });

  it("are not blocked by a lock row left in knex's own table", async () => {
    await createKnexStore(engine, migrations).migrate();
    await engine.knex('knex_migrations_lock').update({ is_locked: 1 });
    expect(await createKnexStore(engine, [...migrations, later]).migrate()).toEqual([later.name]);
  });

  it('wait longer for another process than an ordinary statement does', async () => {
    const other = await openSqlite(url);
    const slow = other.knex.transaction(() => new Promise((resolve) => setTimeout(resolve, 2000)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await createKnexStore(engine, migrations).migrate()).toHaveLength(migrations.length);
    await slow;
    await other.close();
    expect(await engine.knex.raw('PRAGMA busy_timeout')).toEqual([{ timeout: 1500 }]);
  });
});
