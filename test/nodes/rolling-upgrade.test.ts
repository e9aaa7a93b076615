import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { verify } from '../helpers/daemon/api.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';

describe('a rolling upgrade', () => {
  const nodes = useNodes('embedded', 2);

  /** Applies a migration as a newer daemon does before it listens. */
  async function migrateTo(name: string, worksFrom: string, sql: string): Promise<void> {
    const client = new pg.Client(nodes().databaseUrl);
    await client.connect();
    await client.query('BEGIN');
    await client.query(sql);
    await client.query('INSERT INTO knex_migrations (name, batch, migration_time) VALUES ($1, 99, now())', [name]);
    await client.query('INSERT INTO compatibility (migration, works_from) VALUES ($1, $2)', [name, worksFrom]);
    await client.query('COMMIT');
    await client.end();
  }

  async function newestKnown(): Promise<string> {
    const client = new pg.Client(nodes().databaseUrl);
    await client.connect();
    const { rows } = await client.query<{ name: string }>('SELECT name FROM knex_migrations ORDER BY id DESC LIMIT 1');
    await client.end();
    return rows[0]?.name ?? '';
  }

  it('keeps the old version working, and able to start, on a schema with additions only', async () => {
    const { daemons, root, start } = nodes();
    const { id, token } = await root.createToken('before');
    await migrateTo('9998-grown', await newestKnown(), 'ALTER TABLE tokens ADD COLUMN colour text');
    for (const { url } of [...daemons, await start()]) {
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect((await verify(url, token)).status).toBe(200);
    }
    expect((await root.createToken('after')).status).toBe('active');
    expect((await root.request('DELETE', `/tokens/${id}`)).status).toBe(204);
  });

  it('makes the old version report an incompatible schema, at /readyz and at start-up', async () => {
    const { daemons, start } = nodes();
    await migrateTo('9999-changed', '9999-changed', 'ALTER TABLE outbox ADD COLUMN colour text');
    for (const { url } of daemons) expect((await fetch(`${url}/readyz`)).status).toBe(503);
    await expect(start()).rejects.toThrow(/newer tokensd.*9999-changed.*Install that version or a later one/s);
  });
});
