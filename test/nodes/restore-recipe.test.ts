import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { addDeveloper, signIn, verify } from '../helpers/api.ts';
import { superuser, useDaemons } from '../helpers/daemon.ts';
import { useNodes } from '../helpers/nodes.ts';
import { runProgram } from '../helpers/process.ts';
import { hasRealParts, postgresBinaries } from '../helpers/real-parts.ts';

const recipe = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operations.md'), 'utf8');

/** What was revoked since, as docs/operations.md asks for it. */
function revokedSince(time: Date): string {
  const [query = ''] = /^SELECT d\.prefix[^;]+/m.exec(recipe) ?? [];
  const [example = ''] = /timestamptz '[^']+'/.exec(query) ?? [];
  return query.replace(example, `timestamptz '${time.toISOString()}'`);
}

async function ask<R extends pg.QueryResultRow>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client(url);
  await client.connect();
  return client.query<R>(sql).then(
    ({ rows }) => client.end().then(() => rows),
    (error: unknown) => client.end().then(() => Promise.reject(error)),
  );
}

describe.skipIf(!hasRealParts('postgres', 'pg_dump', 'pg_restore'))(
  'a dump of PostgreSQL that is restored as the recipe says',
  () => {
    const nodes = useNodes('debian', 1);
    const { start } = useDaemons();

    it('leaves nothing at work that was revoked since, once what the query lists is revoked again', async () => {
      const { daemons, root, postgres, databaseUrl } = nodes();
      const [old] = daemons;
      if (old === undefined) throw new Error('No daemon');
      const dev = await addDeveloper(old.url, root);
      const [kept, before, since] = [
        await dev.createToken('kept'),
        await dev.createToken('revoked before'),
        await dev.createToken('revoked since'),
      ];
      await dev.request('DELETE', `/tokens/${before.id}`);
      await pause(5);
      const time = new Date();
      const [dump, restored] = [join(old.dataDir, 'tokens.dump'), await postgres.newDatabase()];
      execFileSync(join(postgresBinaries(), 'pg_dump'), ['--format=custom', `--file=${dump}`, databaseUrl]);
      await dev.request('DELETE', `/tokens/${since.id}`);
      execFileSync(join(postgresBinaries(), 'pg_restore'), [`--dbname=${restored}`, dump]);

      const lost = await ask<{ prefix: string; name: string; email: string }>(databaseUrl, revokedSince(time));
      expect(lost.map(({ prefix, name, email }) => [prefix, name, email])).toEqual([
        [since.prefix, 'revoked since', 'dev@example.com'],
      ]);
      for (const [, table] of (/delete all rows of (.*) before/.exec(recipe)?.[1] ?? '').matchAll(/`(\w+)`/g)) {
        await ask(restored, `DELETE FROM ${table}`);
      }
      const daemon = await start(old.dataDir, { TOKENSD_DATABASE_URL: restored });
      const statusOf = async ({ token }: { token: string }) => (await verify(daemon.url, token)).status;
      expect([await statusOf(kept), await statusOf(before), await statusOf(since)]).toEqual([200, 401, 200]);
      expect(
        (await fetch(`${daemon.url}/api/v1/me`, { headers: { Authorization: `Bearer ${dev.session}` } })).status,
      ).toBe(401);

      const { session } = await signIn(daemon.url, superuser);
      const env = { TOKENS_SERVER: daemon.url, TOKENS_SESSION: session };
      for (const { prefix, email } of lost) {
        expect(await runProgram('tokens', ['revoke', prefix, '--user', email, '--yes'], { env })).toMatchObject({
          code: 0,
        });
      }
      expect([await statusOf(kept), await statusOf(before), await statusOf(since)]).toEqual([200, 401, 401]);
      expect(await daemon.stop()).toBe(0);
    });
  },
);
