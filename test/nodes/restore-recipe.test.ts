import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { User } from '../../shared/schemas/accounts/users.ts';
import type { CreatedToken } from '../../shared/schemas/tokens/tokens.ts';
import { addDeveloper, signIn, verify } from '../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { runProgram } from '../helpers/daemon/process.ts';
import { hasRealParts, postgresBinaries } from '../helpers/peers/real-parts.ts';

const recipe = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'production.md'), 'utf8');

/** Returns a query of docs/production.md for what changed since `time`. */
const since = (time: Date, query: string): string =>
  query.replaceAll(/timestamptz '[^']+'/g, `timestamptz '${time.toISOString()}'`);

/** Returns the query for restrictions. */
const changedSince = (time: Date): string => since(time, /^SELECT to_timestamp[^;]+/m.exec(recipe)?.[0] ?? '');

/** Returns the queries that print the statements for tokens. */
const tokenQueries = (time: Date): string[] =>
  since(time, /^SELECT format[^`]+/m.exec(recipe)?.[0] ?? '')
    .trim()
    .split(/(?<=;)\n(?=SELECT)/);

interface Change {
  action: string;
  name: string;
  email: string | null;
  id: string | null;
}

/** Returns the command or statement of docs/production.md that repeats the change. */
function remedyFor({ action, name, email, id }: Change): string {
  const row = recipe.split('\n').find((line) => line.startsWith('| `') && line.includes(`\`${action}\``)) ?? '';
  const [, , remedy = ''] = row.split(/ ?\| /);
  return (/^`([^`]+)`/.exec(remedy)?.[1] ?? remedy)
    .replace('NAME', name)
    .replaceAll('EMAIL', email ?? '')
    .replace("'ID'", `'${id}'`);
}

/** Returns the statement of docs/production.md that finds the address of a member who was deleted since. */
const addressOf = (id: string | null) => (/`(SELECT email [^`]+)`/.exec(recipe)?.[1] ?? '').replace('ID', id ?? '');

async function ask<R extends pg.QueryResultRow>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client(url);
  await client.connect();
  return client.query<R>(sql).then(
    ({ rows }) => client.end().then(() => rows),
    (error: unknown) => client.end().then(() => Promise.reject(error)),
  );
}

/** Runs the queries in the old database, and what they print in the restored one. */
async function repeatTokenChanges(old: string, restored: string, time: Date): Promise<void> {
  const queries = tokenQueries(time);
  expect(queries).toHaveLength(9);
  for (const query of queries)
    for (const { format: statements } of await ask<{ format: string }>(old, query)) await ask(restored, statements);
}

describe.skipIf(!hasRealParts('postgres', 'pg_dump', 'pg_restore'))('a PostgreSQL dump restored as documented', () => {
  const nodes = useNodes('debian', 1);
  const { start } = useDaemons();

  it('restores no access that was removed since, once the listed changes are repeated', async () => {
    const { daemons, root, postgres, databaseUrl } = nodes();
    const [old] = daemons;
    if (old === undefined) throw new Error('No daemon');
    const dev = await addDeveloper(old.url, root);
    const member = async (name: string) => (await addDeveloper(old.url, root, `${name}@example.com`)).user.id;
    const patch = async (id: string, body: object) =>
      expect((await root.request('PATCH', `/users/${id}`, body)).status).toBe(200);
    const [disabled, demoted, barred, back] = [
      await member('disabled'),
      await member('demoted'),
      await member('barred'),
      await member('back'),
    ];
    const [deleted, moved] = [
      await addDeveloper(old.url, root, 'deleted@example.com'),
      await addDeveloper(old.url, root, 'moved@example.com'),
    ];
    const [ofDeleted, ofMoved] = [await deleted.createToken('of-deleted'), await moved.createToken('of-moved')];
    await patch(demoted, { superuser: true });
    const client = (await (await root.request('POST', '/clients', { name: 'gone' })).json()) as { id: string };
    await ask(
      databaseUrl,
      `INSERT INTO apps (id, name, groups, preflight, created_at, changed_at) VALUES
         ('a1', 'wiki', '["staff"]', 'deny', 1, 1), ('a2', 'shop', NULL, 'deny', 1, 1), ('a3', 'old', NULL, 'deny', 1, 1);
       INSERT INTO app_hosts VALUES ('wiki.example.com', 'a1');
       UPDATE users SET sso_groups = '["staff","sales"]' WHERE id = '${dev.user.id}'`,
    );
    const [active, before, revoked] = [
      await dev.createToken('active'),
      await dev.createToken('revoked-before'),
      await dev.createToken('revoked-since'),
    ];
    const narrowed = await dev.createToken('narrowed');
    await ask(
      databaseUrl,
      `UPDATE tokens SET rules = '{"apps":["a1","a2"]}' WHERE id = '${narrowed.id}';
       INSERT INTO token_apps VALUES ('a1', '${narrowed.id}'), ('a2', '${narrowed.id}')`,
    );
    const [innocent, renamed] = [await dev.createToken('deploy'), await dev.createToken('ci')];
    const changedTokens = [
      await dev.createToken('rotated'),
      await dev.createToken('ended'),
      await dev.createToken('paused'),
      await dev.createToken('shortened'),
      await dev.createToken('idle'),
    ] as const;
    const [rotated, ended, paused, shortened, idle] = changedTokens;
    const change = async (token: { id: string }, method: string, path: string, body?: object) => {
      const response = await dev.request(method, `/tokens/${token.id}${path}`, body);
      expect(response.status).toBeLessThan(300);
      return response;
    };
    await change(ended, 'POST', '/rotate', {});
    await dev.request('DELETE', `/tokens/${before.id}`);
    await pause(5);
    const time = new Date();
    const [dump, restored] = [join(old.dataDir, 'tokens.dump'), await postgres.newDatabase()];
    execFileSync(join(postgresBinaries(), 'pg_dump'), ['--format=custom', `--file=${dump}`, databaseUrl]);
    await dev.request('DELETE', `/tokens/${revoked.id}`);
    await change(innocent, 'PATCH', '', { name: 'deploy-old' });
    await change(renamed, 'PATCH', '', { name: 'deploy' });
    await dev.request('DELETE', `/tokens/${renamed.id}`);
    // Its tombstone is gone, as after 90 days.
    await ask(databaseUrl, `DELETE FROM tombstones WHERE token_id = '${renamed.id}'`);
    const { token: next } = (await (await change(rotated, 'POST', '/rotate', { overlap: 0 })).json()) as CreatedToken;
    await change(ended, 'DELETE', '/previous');
    await change(paused, 'POST', '/pause', {});
    await change(shortened, 'PATCH', '', { expires_in: 1 });
    // As the daemon does after 30 idle days.
    await ask(
      databaseUrl,
      `WITH gone AS (DELETE FROM tokens WHERE id = '${idle.id}' RETURNING *)
       INSERT INTO tombstones (hash, token_id, owner_id, prefix, name, revoked_at, actor_kind, reason)
       SELECT hash, id, owner_id, prefix, name, ${Date.now()}, 'system', 'idle' FROM gone`,
    );
    await patch(disabled, { disabled: true });
    await patch(demoted, { superuser: false });
    await patch(barred, { can_manage_tokens: false });
    await patch(back, { disabled: true });
    await patch(back, { disabled: false });
    await root.request('DELETE', `/clients/${client.id}`);
    await patch(dev.user.id, { groups: ['developers'] });
    await change(narrowed, 'PATCH', '', { description: 'Only for the shop' });
    await ask(
      databaseUrl,
      `UPDATE tokens SET rules = '{"apps":["a2"],"read_only":true}', rules_changed_at = ${Date.now()} WHERE id = '${narrowed.id}';
       DELETE FROM token_apps WHERE app_id = 'a1';
       DELETE FROM apps WHERE id = 'a3';
       UPDATE apps SET groups = '["managers"]' WHERE id = 'a1';
       INSERT INTO apps (id, name, preflight, created_at, changed_at) VALUES ('a4', 'old', 'deny', 2, 2);
       UPDATE users SET sso_groups = '["staff"]' WHERE id = '${dev.user.id}'`,
    );
    await patch(moved.user.id, { email: 'Moved.On@example.com' });
    await moved.request('DELETE', `/tokens/${ofMoved.id}`);
    expect((await root.request('DELETE', `/users/${deleted.user.id}`)).status).toBe(204);
    const current = 'analytical engines for dev@example.com';
    const changed = await dev.request('PUT', '/me/password', { current, new: 'difference engines for me' });
    expect(changed.status).toBe(204);
    execFileSync(join(postgresBinaries(), 'pg_restore'), [`--dbname=${restored}`, dump]);

    const [newestOf = '', sameEvents = ''] = recipe.match(/^SELECT count\(\*\)[^;]+/gm) ?? [];
    const [newest] = await ask<{ count: string; string_agg: string }>(restored, newestOf);
    expect(Number(newest?.count)).toBeGreaterThan(10);
    const same = sameEvents.replace('IDS', newest?.string_agg ?? '');
    expect(await ask(databaseUrl, same)).toEqual([{ count: newest?.count }]);
    const changes = await ask<Change>(databaseUrl, changedSince(time));
    const pseudonym = `deleted-${deleted.user.id}`;
    expect(changes.map(({ action, name, email }) => [action, name, email])).toEqual([
      ['user.disabled', 'disabled@example.com', 'disabled@example.com'],
      ['user.demoted', 'demoted@example.com', 'demoted@example.com'],
      ['user.permission_removed', 'barred@example.com', 'barred@example.com'],
      ['client.deleted', 'gone', null],
      ['user.email_changed', 'Moved.On@example.com', 'Moved.On@example.com'],
      ['user.deleted', pseudonym, pseudonym],
      ['user.password_changed', 'dev@example.com', 'dev@example.com'],
    ]);
    for (const [, table] of (/Delete all rows of (.*) before/.exec(recipe)?.[1] ?? '').matchAll(/`(\w+)`/g)) {
      await ask(restored, `DELETE FROM ${table}`);
    }
    const [found] = await ask<{ email: string }>(restored, addressOf(deleted.user.id));
    expect(found).toEqual({ email: 'deleted@example.com' });
    const remedies = changes.map((change) =>
      remedyFor(change.action === 'user.deleted' ? { ...change, email: found?.email ?? null } : change),
    );
    const [{ hash } = { hash: '' }] = await ask<{ hash: string }>(
      databaseUrl,
      `SELECT password_hash AS hash FROM users WHERE email = 'dev@example.com'`,
    );
    for (const sql of remedies.filter((remedy) => remedy.startsWith('UPDATE')))
      await ask(restored, sql.replace("'HASH'", `'${hash}'`));
    await repeatTokenChanges(databaseUrl, restored, time);
    const gate = `SELECT id, name, groups, host FROM apps LEFT JOIN app_hosts ON app_id = id ORDER BY id`;
    expect(await ask(restored, gate)).toEqual(await ask(databaseUrl, gate));
    // A daemon that was not restarted remembers no app under a new version.
    const versions = [databaseUrl, restored].map((url) => ask(url, 'SELECT version FROM app_version'));
    const [oldVersion, newVersion] = await Promise.all(versions);
    expect([oldVersion, newVersion].flat()).toHaveLength(2);
    expect(newVersion).not.toEqual(oldVersion);
    expect(await ask(restored, `SELECT rules, app_id FROM tokens JOIN token_apps ON token_id = id`)).toEqual([
      { rules: '{"apps":["a2"],"read_only":true}', app_id: 'a2' },
    ]);
    const groups = `SELECT sso_groups, manual_groups FROM users WHERE id = '${dev.user.id}'`;
    expect(await ask(restored, groups)).toEqual([{ sso_groups: '["staff"]', manual_groups: '["developers"]' }]);
    const daemon = await start(old.dataDir, { TOKENSD_DATABASE_URL: restored });
    const statusOf = async ({ token }: { token: string }) => (await verify(daemon.url, token)).status;
    expect([await statusOf(active), await statusOf(before), await statusOf(revoked)]).toEqual([200, 401, 401]);
    expect([await statusOf(innocent), await statusOf(renamed)]).toEqual([200, 401]);
    expect([await statusOf(ofDeleted), await statusOf(ofMoved)]).toEqual([401, 401]);
    const reasonOf = async (value: string) => (await verify(daemon.url, value)).headers.get('x-tokens-reason');
    const reasons = await Promise.all([...changedTokens.map(({ token }) => token), next].map(reasonOf));
    expect(reasons).toEqual(['rotated', 'rotated', 'paused', 'expired', 'idle', null]);
    const me = await fetch(`${daemon.url}/api/v1/me`, { headers: { Authorization: `Bearer ${dev.session}` } });
    expect(me.status).toBe(401);

    const { session, request } = await signIn(daemon.url, superuser);
    const env = { TOKENS_SERVER: daemon.url, TOKENS_SESSION: session };
    for (const remedy of remedies.filter((remedy) => remedy.startsWith('tokens '))) {
      expect(await runProgram('tokens', remedy.split(' ').slice(1), { env })).toMatchObject({ code: 0 });
    }
    expect([await statusOf(active), await statusOf(before), await statusOf(revoked)]).toEqual([200, 401, 401]);
    expect([await statusOf(ofDeleted), await statusOf(ofMoved)]).toEqual([401, 401]);
    const users = (await (await request('GET', '/users')).json()) as { items: User[] };
    const permissions = users.items.map((user) => [
      user.email.split('@')[0],
      ...(['disabled', 'superuser', 'can_manage_tokens'] as const).filter((key) => user[key]),
    ]);
    expect(permissions.sort()).toEqual([
      ['Moved.On', 'can_manage_tokens'],
      ['back', 'can_manage_tokens'],
      ['barred'],
      ['demoted', 'can_manage_tokens'],
      ['dev', 'can_manage_tokens'],
      ['disabled', 'disabled', 'can_manage_tokens'],
      ['root', 'superuser', 'can_manage_tokens'],
    ]);
    expect(await (await request('GET', '/clients')).json()).toMatchObject({ items: [] });
    await expect(signIn(daemon.url, { email: 'dev@example.com', password: current })).rejects.toThrow('401');
    await expect(
      signIn(daemon.url, { email: 'dev@example.com', password: 'difference engines for me' }),
    ).resolves.toBeDefined();
    // A member without a password could be bound to whoever signs in with the email address.
    expect(await ask(restored, 'SELECT id FROM users WHERE password_hash IS NULL AND deleted_at IS NULL')).toEqual([]);
    expect(await daemon.stop()).toBe(0);
  });
});
