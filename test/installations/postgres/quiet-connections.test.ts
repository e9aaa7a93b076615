import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPostgres } from '../../../server/store/engine/postgres/postgres.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import type { Store } from '../../../server/store/store.ts';
import { createToken, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { signIn, verify } from '../../helpers/daemon/api.ts';
import { prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { type ForgetfulNat, startForgetfulNat } from '../../helpers/peers/forgetful-nat.ts';
import { startPostgres, type TestPostgres } from '../../helpers/peers/postgres.ts';
import { startTcpProxy } from '../../helpers/peers/tcp-proxy.ts';

/** The daemon's own times, except that a connection is doubtful sooner. */
const times = {
  connect: 1_500,
  acquire: 1_750,
  total: 1_900,
  statement: 1_700,
  quiet: 200,
  silence: 300,
  idle: 60_000,
};

const quiet = () => new Promise((resolve) => setTimeout(resolve, times.quiet + 50));

/**
 * Returns the seconds until the kernel probes each connection to a port on loopback: 0 if it does not. The sixth column of
 * the table is the kind of timer (02: keepalive) and the hundredths of a second until it fires, in hexadecimal.
 */
function keepaliveTimers(port: number): number[] {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  const established = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row[2] === remote && row[3] === '01');
  return established.map(([, , , , , timer = '']) => {
    const [kind, when = ''] = timer.split(':');
    return kind === '02' ? Number.parseInt(when, 16) / 100 : 0;
  });
}

describe('connections to PostgreSQL that were quiet', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.remove());

  const openStore = async (port: number, overrides: Partial<typeof times> = {}) => {
    const url = new URL(await postgres.newMigratedDatabase());
    url.port = String(port);
    return createKnexStore(await openPostgres(url.href, { times: { ...times, ...overrides } }), migrations);
  };

  describe('behind a NAT that forgets them', () => {
    let nat: ForgetfulNat;
    let store: Store;
    let app: TestApp;
    beforeEach(async () => {
      nat = await startForgetfulNat(postgres.port);
      store = await openStore(nat.port);
      app = await openTestApp({}, Promise.resolve({ store, path: '', close: () => store.close() }));
    });
    afterEach(async () => {
      await app.close();
      await nat.stop();
    });

    /** Opens every connection of every pool, and leaves them idle. */
    const openAll = async () => {
      const limiter = store.limiter({ name: 'crowd', limit: 1_000, windowSeconds: 60 });
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          await store.transaction((store) => store.users.isEmpty());
          await Promise.all([limiter.consume('everybody'), store.tokens.findByHashes([`${n}`])]);
        }),
      );
    };

    const signIn = () => app.ask('/api/v1/sessions', { json: { email: app.dev.email, password: app.dev.password } });
    const requests: Array<[string, number, () => Promise<Response>]> = [
      ['a verification', 200, async () => app.ask('/api/v1/token', { headers: { Authorization: `Token ${value}` } })],
      ['a sign-in', 201, signIn],
      ['a change', 201, () => app.ask('/api/v1/tokens', { as: app.dev, json: { name: `n${performance.now()}` } })],
      ['a list', 200, () => app.ask('/api/v1/tokens', { as: app.dev })],
      ['/readyz', 200, () => app.ask('/readyz')],
    ];
    let value: string;

    it.each(requests)(
      'serve %s first, without an error, and without waiting for each of them',
      async (_name, status, send) => {
        value = (await createToken(app, app.dev, { name: 'used' })).token;
        await openAll();
        for (let round = 0; round < 3; round += 1) {
          await quiet();
          nat.forget(times.quiet);
          const before = nat.missed();
          const began = performance.now();
          expect((await send()).status).toBe(status);
          expect(performance.now() - began).toBeLessThan(1_500);
          expect(nat.missed() - before).toBeGreaterThan(0);
          const all = await Promise.all(requests.map(([, , send]) => send()));
          expect(all.map((response) => response.status)).toEqual(requests.map(([, expected]) => expected));
        }
      },
    );
  });

  it('keep neither requests nor the end of a real daemon waiting', async () => {
    const nat = await startForgetfulNat(postgres.port);
    const url = new URL(await postgres.newDatabase());
    const { dataDir, remove } = await prepareDaemon({ TOKENSD_DATABASE_URL: url.href });
    url.port = String(nat.port);
    const daemon = await startDaemon(dataDir, { TOKENSD_DATABASE_URL: url.href });
    const root = await signIn(daemon.url, superuser);
    const { token } = await root.createToken('ci');
    expect((await verify(daemon.url, token)).status).toBe(200);
    await Promise.all(Array.from({ length: 40 }, () => root.request('GET', '/me')));
    // The daemon asks a connection again after ten seconds of quiet.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    nat.forget(10_000);
    expect((await verify(daemon.url, token)).status).toBe(200);
    expect((await signIn(daemon.url, superuser)).session).toBeTruthy();
    expect((await root.createToken('after')).status).toBe('active');
    const began = performance.now();
    expect(await daemon.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(8_000);
    await remove();
    await nat.stop();
  });

  it('are closed once they are idle for too long', async () => {
    const proxy = await startTcpProxy(postgres.port);
    const store = await openStore(proxy.port, { idle: 300 });
    await Promise.all([store.users.isEmpty(), store.tokens.findByHashes(['x'])]);
    expect(proxy.connections()).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(proxy.connections()).toBe(0);
    expect(await store.users.isEmpty()).toBe(true);
    await store.close();
    await proxy.stop();
  });

  it.runIf(existsSync('/proc/net/tcp'))('are kept alive by TCP after a minute', async () => {
    const store = await openStore(postgres.port);
    await Promise.all([store.users.isEmpty(), store.tokens.findByHashes(['x'])]);
    const timers = keepaliveTimers(postgres.port);
    expect(timers.length).toBeGreaterThanOrEqual(2);
    for (const seconds of timers) {
      expect(seconds).toBeGreaterThan(45);
      expect(seconds).toBeLessThanOrEqual(60);
    }
    await store.close();
  });

  it('run one statement for a verification, even after a quiet time', async () => {
    const proxy = await startTcpProxy(postgres.port);
    const store = await openStore(proxy.port);
    await store.tokens.findByHashes(['x']);
    await quiet();
    const before = proxy.messages();
    await store.tokens.findByHashes(['x']);
    // The token and the tombstone of an unknown hash are two statements.
    expect(proxy.messages() - before).toBe(2);
    await store.close();
    await proxy.stop();
  });
});
