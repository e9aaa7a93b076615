import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import { addDeveloper, signIn, verify } from '../helpers/daemon/api.ts';
import { superuser } from '../helpers/daemon/daemon.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { eventually, runProgram } from '../helpers/daemon/process.ts';
import { useRecoveryLink } from '../helpers/daemon/recover.ts';
import { type MailServer, startMailServer } from '../helpers/peers/mail-server.ts';

const rounds = 500;

describe('three daemons on one database', () => {
  let mail: MailServer;
  beforeAll(async () => {
    mail = await startMailServer();
  });
  afterAll(() => mail.close());
  const nodes = useNodes('embedded', 3, () => ({ TOKENSD_SMTP_URL: mail.url }));
  const urls = () => nodes().daemons.map(({ url }) => url) as [string, string, string];

  it('create the schema once when they start together on an empty database', async () => {
    const { postgres, start } = nodes();
    const env = { TOKENSD_DATABASE_URL: await postgres.newDatabase() };
    const together = await Promise.all([start(env), start(env), start(env)]);
    const ready = await Promise.all(together.map(({ url }) => fetch(`${url}/readyz`)));
    expect(ready.map(({ status }) => status)).toEqual([200, 200, 200]);
    const applied = together.filter((daemon) => daemon.stderr().includes('database schema updated'));
    expect(applied).toHaveLength(1);
    for (const daemon of together) expect(await daemon.stop()).toBe(0);
  });

  it('reject a token on the next request after any of them revoked it, and send each mail once', async () => {
    const { root } = nodes();
    const [first, second, third] = urls();
    const dev = await addDeveloper(first, root);
    for (let round = 0; round < rounds; round += 1) {
      const { id, token } = await dev.createToken(`round-${round}`);
      const before = await Promise.all([second, third].map((url) => verify(url, token)));
      const revoked = await dev.request('DELETE', `/tokens/${id}`);
      const after = await Promise.all([second, third, first].map((url) => verify(url, token)));
      const statuses = [...before, revoked, ...after].map(({ status }) => status);
      expect(statuses, `round ${round}`).toEqual([200, 200, 204, 401, 401, 401]);
    }
    await eventually(() => mail.received.length >= 2 * rounds, 'every mail', 60_000);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const ids = mail.received.map(({ parsed }) => parsed.messageId);
    expect(ids).toHaveLength(2 * rounds);
    expect(new Set(ids).size).toBe(2 * rounds);
  });

  it('admit a member to an app until any of them takes the group away, on the next request', async () => {
    const { databaseUrl, root } = nodes();
    const [first, second, third] = urls();
    const client = new pg.Client(databaseUrl);
    await client.connect();
    await client
      .query(
        `INSERT INTO apps (id, name, groups, preflight, created_at, changed_at) VALUES ('a1', 'wiki', '["staff"]', 'deny', 1, 1)`,
      )
      .finally(() => client.end());
    const dev = await addDeveloper(first, root, 'in-groups@example.com');
    const { token } = await dev.createToken('for-the-wiki');
    const ask = async (url: string) => {
      const response = await fetch(`${url}/verify/apps/wiki/auth-request`, { headers: { 'X-API-Key': token } });
      return response.headers.get('x-tokens-reason') ?? response.headers.get('x-auth-groups');
    };
    for (let round = 0; round < 20; round += 1) {
      for (const [groups, verdict] of [
        [['staff'], 'staff'],
        [['others'], 'group'],
      ] as const) {
        const { status } = await root.request('PATCH', `/users/${dev.user.id}`, { groups });
        const verdicts = await Promise.all([second, third, first].map(ask));
        expect([status, ...verdicts], `round ${round}`).toEqual([200, verdict, verdict, verdict]);
      }
    }
  });

  it('act on each change of an app on the next request, at whichever of them it was made', async () => {
    const { daemons, root } = nodes();
    const superusers = await Promise.all(daemons.map(({ url }) => signIn(url, superuser)));
    const { token } = await root.createToken('for-the-shop');
    const ask = async (url: string) => {
      const headers = { 'X-API-Key': token, 'X-Original-Host': 'shop.example.com' };
      const response = await fetch(`${url}/verify/auth-request`, { headers });
      return response.headers.get('x-tokens-reason') ?? response.headers.get('x-auth-app');
    };
    const everywhere = () => Promise.all(urls().map(ask));
    expect(await everywhere()).toEqual(['', '', '']);
    for (let round = 0; round < 6; round += 1) {
      const asked = superusers.map((_, index) => superusers[(round + index) % 3] ?? root);
      const [one = root, other = root, third = root] = asked;
      const hosts = ['shop.example.com'];
      const created = await one.request('POST', '/apps', { name: `shop-${round}`, hosts });
      expect([created.status, ...(await everywhere())]).toEqual([201, ...Array(3).fill(`shop-${round}`)]);
      const path = `/apps/${((await created.json()) as { id: string }).id}`;
      for (const [by, changes, verdict] of [
        [other, { groups: ['nobody'] }, 'group'],
        [third, { groups: [] }, `shop-${round}`],
        [one, { hosts: [] }, ''],
        [other, { hosts, groups: ['nobody'] }, 'group'],
      ] as const) {
        const { status } = await by.request('PATCH', path, changes);
        expect([status, ...(await everywhere())], `round ${round}`).toEqual([200, verdict, verdict, verdict]);
      }
      const { status } = await third.request('DELETE', path);
      expect([status, ...(await everywhere())], `round ${round}`).toEqual([204, '', '', '']);
    }
  });

  it('apply narrower rules on the next request after any of them changed them, and wider ones, too', async () => {
    const { root } = nodes();
    const [first, second, third] = urls();
    const { id, token } = await root.createToken('narrowed');
    const ask = async (url: string, method: string) => {
      const response = await verify(url, token, { 'X-Forwarded-Method': method, 'X-Forwarded-Uri': '/builds' });
      return response.headers.get('x-tokens-reason') ?? response.status;
    };
    const everywhere = (method: string) => Promise.all([second, third, first].map((url) => ask(url, method)));
    for (let round = 0; round < 8; round += 1) {
      const edit = (body: object) => root.request('PATCH', `/tokens/${id}`, body);
      await edit({ allow: null, read_only: false });
      expect(await everywhere('POST'), `round ${round}`).toEqual([200, 200, 200]);
      await edit({ read_only: true });
      expect(await everywhere('POST'), `round ${round}`).toEqual(['method', 'method', 'method']);
      await edit({ allow: ['GET /status'] });
      expect(await everywhere('GET'), `round ${round}`).toEqual(['path', 'path', 'path']);
    }
  });

  it('accept a recovery link that the operator made on the database, once, at any of them', async () => {
    const { databaseUrl } = nodes();
    const [, second, third] = urls();
    const env = { TOKENSD_DATABASE_URL: databaseUrl };
    const { code, stdout } = await runProgram('tokensd', ['recover', '--email', 'lost@example.com'], { env });
    expect(code).toBe(0);
    const password = 'analytical engines forever';
    const used = await Promise.all(
      [second, third].map(async (url) => (await useRecoveryLink(url, stdout.trim(), password)).status),
    );
    expect(used.sort()).toEqual([303, 410]);
    for (const url of urls()) {
      const { user } = await signIn(url, { email: 'lost@example.com', password });
      expect(user.superuser).toBe(true);
    }
  });

  it('accept a session started at any of them, until it is ended at any of them', async () => {
    const [first, second, third] = urls();
    const { session } = await signIn(second, superuser);
    const me = (url: string) => fetch(`${url}/api/v1/me`, { headers: { Authorization: `Bearer ${session}` } });
    expect((await me(first)).status).toBe(200);
    expect((await me(third)).status).toBe(200);
    const headers = { Authorization: `Bearer ${session}` };
    await fetch(`${third}/api/v1/sessions/current`, { method: 'DELETE', headers });
    for (const url of urls()) expect((await me(url)).status).toBe(401);
  });

  it('reject a session on the next request after its owner or a superuser ended it at any of them', async () => {
    const { root } = nodes();
    const [first, second, third] = urls();
    const account = { email: 'ended@example.com', password: 'analytical engines for ended@example.com' };
    const dev = await addDeveloper(first, root, account.email);
    const statuses = ({ session }: { session: string }) =>
      Promise.all(
        urls().map(async (url) => {
          const headers = { Authorization: `Bearer ${session}` };
          return (await fetch(`${url}/api/v1/me`, { headers })).status;
        }),
      );
    const newestOf = async (path: string) => {
      const { items } = (await (await root.request('GET', path)).json()) as { items: { id: string }[] };
      return items
        .map(({ id }) => id)
        .sort()
        .at(-1);
    };
    for (let round = 0; round < 10; round += 1) {
      const [kept, one] = [await signIn(second, account), await signIn(third, account)];
      expect(await statuses(one), `round ${round}`).toEqual([200, 200, 200]);
      const path = `/users/${dev.user.id}/sessions`;
      const ended = await root.request('DELETE', `${path}/${await newestOf(path)}`);
      expect([ended.status, ...(await statuses(one))], `round ${round}`).toEqual([204, 401, 401, 401]);
      const other = await signIn(third, account);
      const others = await kept.request('DELETE', '/sessions/others');
      expect([others.status, ...(await statuses(other))], `round ${round}`).toEqual([204, 401, 401, 401]);
      expect(await statuses(kept), `round ${round}`).toEqual([200, 200, 200]);
    }
  });

  it('store the newest last use from any of them', async () => {
    const { root } = nodes();
    const { id, token } = await root.createToken('used-everywhere');
    const used = urls().flatMap((url) => [url, url, url]);
    const paths: string[] = [];
    let seen = 0;
    for (const [turn, url] of used.entries()) {
      paths.push(`/turn/${turn}`);
      await verify(url, token, { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': `/turn/${turn}` });
      await new Promise((resolve) => setTimeout(resolve, 250));
      const shown = ((await (await root.request('GET', `/tokens/${id}`)).json()) as Token).last_used?.path;
      const at = shown ? paths.indexOf(shown) : 0;
      expect(at).toBeGreaterThanOrEqual(seen);
      seen = at;
    }
    const newest = async () =>
      ((await (await root.request('GET', `/tokens/${id}`)).json()) as Token).last_used?.path === paths.at(-1);
    await eventually(newest, 'the last use to be written', 5_000);
  });

  const guess = (url: string, account: string, ip = '198.51.100.20') =>
    fetch(`${url}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': ip },
      body: JSON.stringify({ email: account, password: 'wrong' }),
    }).then(({ status }) => status);

  it('forget the failed sign-ins of an account that the operator unlocks on the database', async () => {
    const { databaseUrl, root } = nodes();
    const [first, second, third] = urls();
    const { user } = await addDeveloper(first, root, 'locked-out@example.com');
    const ip = '198.51.100.30';
    for (let n = 0; n < 5; n += 1) await guess(first, user.email, ip);
    expect(await guess(second, user.email, ip)).toBe(429);
    const env = { TOKENSD_DATABASE_URL: databaseUrl };
    const { code, stderr } = await runProgram('tokensd', ['users', 'unlock', user.email], { env });
    expect([code, stderr]).toEqual([0, `Unlocked ${user.email}.\n`]);
    for (const url of [first, second, third]) expect(await guess(url, user.email, ip)).toBe(401);
  });

  it('share the count of failed sign-ins, also for concurrent ones', async () => {
    const oneByOne = [];
    for (const url of [...urls(), ...urls()]) oneByOne.push(await guess(url, 'one-by-one@example.com'));
    expect(oneByOne).toEqual([401, 401, 401, 401, 401, 429]);
    const began = performance.now();
    const atOnce = await Promise.all(
      Array.from({ length: 10 }, () => urls())
        .flat()
        .map((url) => guess(url, superuser.email)),
    );
    // Each waiting period of 1 s, 2 s … that has ended by then allows one more guess.
    const over = Math.floor(Math.log2(1 + (performance.now() - began) / 1000));
    expect(atOnce.filter((status) => status === 401).length).toBeLessThanOrEqual(5 + over);
    expect(new Set(atOnce)).toEqual(new Set([401, 429]));
  });
});
