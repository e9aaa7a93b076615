import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import type { AuditRecord } from '../../server/store/records.ts';
import type { Store } from '../../server/store/store.ts';
import { openTestStore } from '../helpers/app/store.ts';
import { openPostgresStore, startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';
import { auditRecord } from './contract/records.ts';

const beforeOrder = 'UPDATE audit SET position = NULL WHERE position = 0';

/** Opens a store, and a function that takes the positions of new events away, as an upgrade, or going back to the release before, leaves them. */
type Open = () => Promise<{ store: Store; upgrade: () => Promise<unknown>; close: () => Promise<void> }>;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.remove());

const engines: Record<string, Open> = {
  async SQLite() {
    const { store, path, close } = await openTestStore();
    const upgrade = async () => {
      const engine = await openSqlite(`sqlite:${path}`);
      await engine.knex.raw(beforeOrder);
      await engine.close();
    };
    return { store, upgrade, close };
  },
  async PostgreSQL() {
    const url = await postgres.newMigratedDatabase();
    const upgrade = async () => {
      const client = new pg.Client(url);
      await client.connect();
      await client.query(beforeOrder).finally(() => client.end());
    };
    return { ...(await openPostgresStore(url)), upgrade };
  },
};

describe.each(Object.entries(engines))('events from before positions on %s', (_name, open) => {
  it('come first, in the order of their IDs, and are read, purged and continued from like others', async () => {
    const { store, upgrade, close } = await open();
    const write = async (changes: Partial<AuditRecord> = {}) => {
      const event = auditRecord(changes);
      await store.audit.insert(event);
      return event.id;
    };
    const idsAfter = async (after: string | null, limit: number, participant?: string) => {
      const query = { after, limit, ...(participant !== undefined && { participant }) };
      return (await store.audit.listInOrder(query))?.map(({ id }) => id) ?? null;
    };
    try {
      const own = { ownerId: 'ada' };
      const [first, second, third] = [await write(own), await write({ at: 1 }), await write(own)];
      await upgrade();
      expect(await store.audit.assignPositions(10)).toBe(0);
      expect(await store.audit.lastInOrder()).toBe(third);
      expect(await store.audit.lastInOrder('ada')).toBe(third);
      const [fourth, fifth] = [await write(own), await write()];
      expect(await idsAfter(null, 10)).toEqual([first, second, third]);
      await store.audit.assignPositions(10);
      expect(await idsAfter(null, 10)).toEqual([first, second, third, fourth, fifth]);
      expect(await idsAfter(null, 4)).toEqual([first, second, third, fourth]);
      expect(await idsAfter(null, 3)).toEqual([first, second, third]);
      expect(await idsAfter(second, 2)).toEqual([third, fourth]);
      expect(await idsAfter(third, 10)).toEqual([fourth, fifth]);
      expect(await idsAfter(null, 10, 'ada')).toEqual([first, third, fourth]);
      expect(await idsAfter(first, 1, 'ada')).toEqual([third]);
      expect(await idsAfter(third, 10, 'ada')).toEqual([fourth]);
      expect(await idsAfter(second, 10, 'ada')).toBeNull();
      expect(await store.audit.lastInOrder('ada')).toBe(fourth);
      expect(await store.audit.purge({ before: 2, limit: 10 })).toBe(1);
      expect(await idsAfter(null, 10)).toEqual([first, third, fourth, fifth]);
    } finally {
      await close();
    }
  });

  it('get positions if they were saved after the upgrade, by the release before', async () => {
    const { store, upgrade, close } = await open();
    const write = async () => {
      const event = auditRecord();
      await store.audit.insert(event);
      return event.id;
    };
    const idsAfter = async (after: string | null) =>
      (await store.audit.listInOrder({ after, limit: 10 }))?.map(({ id }) => id);
    try {
      const old = await write();
      await upgrade();
      const first = await write();
      expect(await store.audit.assignPositions(10)).toBe(1);
      const late = [await write(), await write(), await write()];
      await upgrade();
      expect(await idsAfter(first)).toEqual([]);
      expect(await store.audit.assignPositions(2)).toBe(2);
      expect(await store.audit.assignPositions(2)).toBe(1);
      expect(await store.audit.assignPositions(2)).toBe(0);
      expect(await idsAfter(first)).toEqual(late);
      expect(await idsAfter(null)).toEqual([old, first, ...late]);
    } finally {
      await close();
    }
  });
});
