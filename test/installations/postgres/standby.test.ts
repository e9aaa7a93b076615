import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkDatabase } from '../../../server/store/open.ts';
import type { CreatedClient } from '../../../shared/schemas/accounts/clients.ts';
import { type Client, signIn, verify } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';
import { type Pgbouncer, startPgbouncer } from '../../helpers/peers/pgbouncer.ts';
import { startPostgres, type TestPostgres } from '../../helpers/peers/postgres.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { type Standby, startStandby } from '../../helpers/peers/standby.ts';
import { startTcpProxy, type TcpProxy } from '../../helpers/peers/tcp-proxy.ts';

if (hasRealParts('postgres', 'pg_basebackup', 'pgbouncer')) {
  const cleanups: Array<() => Promise<unknown>> = [];
  let postgres: TestPostgres;
  let standby: Standby;
  let pgbouncer: Pgbouncer;
  let address: TcpProxy;
  let direct: URL;
  let dataDir: string;

  beforeAll(async () => {
    postgres = await startPostgres('debian');
    cleanups.push(() => postgres.remove());
    direct = new URL(await postgres.newDatabase());
    pgbouncer = await startPgbouncer(postgres.port);
    cleanups.push(() => pgbouncer.stop());
    address = await startTcpProxy(postgres.port);
    cleanups.push(() => address.stop());
    const prepared = await prepareDaemon({ TOKENSD_DATABASE_URL: direct.href });
    cleanups.push(prepared.remove);
    dataDir = prepared.dataDir;
    standby = await startStandby(postgres.port);
    cleanups.push(() => standby.stop());
  }, 60_000);
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  const urlAt = (port: number) => Object.assign(new URL(direct), { port: String(port) }).href;

  const createClient = async (root: Client, name: string) =>
    (await (await root.request('POST', '/clients', { name })).json()) as CreatedClient;

  function introspect(url: string, { client_id, client_secret }: CreatedClient, token: string): Promise<Response> {
    const credentials = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
    const headers = { Authorization: `Basic ${credentials}` };
    return fetch(`${url}/oauth/introspect`, { method: 'POST', headers, body: new URLSearchParams({ token }) });
  }

  describe('a standby that is behind', () => {
    it('ends tokensd at the start, with the remedy', async () => {
      const env = { TOKENSD_DATABASE_URL: urlAt(standby.port), TOKENSD_DATA_DIR: dataDir };
      for (const args of [['serve'], ['migrate'], ['mail', 'list']]) {
        expect(await runProgram('tokensd', args, { env })).toMatchObject({
          code: 1,
          stderr:
            'Cannot connect to the database: this server is a read-only replica. Point TOKENSD_DATABASE_URL at the primary.\n',
        });
      }
    });

    it('is found by the check of the database', async () => {
      expect(await checkDatabase(urlAt(standby.port), Date.now)).toEqual([
        expect.objectContaining({ subject: 'primary', ok: false }),
      ]);
    });

    describe.each([
      ['behind pgbouncer, whose clients stay connected', () => pgbouncer],
      ['behind an address that moves', () => address],
    ])('%s', (_where, between) => {
      let daemon: Daemon;
      beforeEach(async () => {
        await between().moveTo(postgres.port);
        daemon = await startDaemon(dataDir, { TOKENSD_DATABASE_URL: urlAt(between().port) });
        return async () => void (await daemon.stop('SIGKILL'));
      });

      it('gives no verdict and accepts no session: every response is 503 until the primary is back', async () => {
        const { url } = daemon;
        const root = await signIn(url, superuser);
        const active = await root.createToken(`active ${between().port}`);
        const revoked = await root.createToken(`revoked ${between().port}`);
        const ended = await signIn(url, superuser);
        const client = await createClient(root, `client ${between().port}`);
        const deleted = await createClient(root, `deleted ${between().port}`);
        await standby.catchUp();
        await standby.pause();
        // From here on the standby knows neither the revocation nor the end of the session.
        expect((await root.request('DELETE', `/tokens/${revoked.id}`)).status).toBe(204);
        expect((await ended.request('DELETE', '/sessions/current')).status).toBe(204);
        expect((await root.request('DELETE', `/clients/${deleted.id}`)).status).toBe(204);
        const newest = await root.createToken(`newest ${between().port}`);
        const requests: Array<[() => Promise<Response>, number]> = [
          [() => verify(url, active.token), 200],
          [() => verify(url, revoked.token), 401],
          [() => verify(url, newest.token), 200],
          [() => root.request('GET', '/me'), 200],
          [() => ended.request('GET', '/me'), 401],
          [() => introspect(url, client, active.token), 200],
          [() => introspect(url, deleted, active.token), 401],
          [() => fetch(`${url}/readyz`), 200],
        ];
        const statuses = () => Promise.all(requests.map(async ([send]) => (await send()).status));
        const right = requests.map(([, status]) => status);
        expect(await statuses()).toEqual(right);

        await between().moveTo(standby.port);
        const began = performance.now();
        // The pooler may use its old connections for a moment, so a response may still be right. None may be wrong.
        while (performance.now() - began < 3_000) {
          const seen = await statuses();
          const wrong = seen.filter((status, index) => status !== 503 && status !== right[index]);
          expect(wrong).toEqual([]);
        }
        expect(new Set(await statuses())).toEqual(new Set([503]));
        const body = JSON.stringify({ email: superuser.email, password: superuser.password });
        const headers = { 'Content-Type': 'application/json' };
        expect((await fetch(`${url}/api/v1/sessions`, { method: 'POST', headers, body })).status).toBe(503);
        expect(daemon.stderr()).toContain('this server is a read-only replica');
        expect(daemon.stderr()).not.toContain('"internal"');

        await between().moveTo(postgres.port);
        await eventually(
          async () => (await statuses()).every((status, index) => status === right[index]),
          'recovery',
          5_000,
        );
      });
    });

    it('serves once it is promoted', async () => {
      const daemon = startDaemon(dataDir, { TOKENSD_DATABASE_URL: urlAt(address.port) });
      cleanups.push(async () => (await daemon).stop('SIGKILL'));
      const { url } = await daemon;
      await address.moveTo(standby.port);
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      await standby.promote();
      await eventually(async () => (await fetch(`${url}/readyz`)).status === 200, 'the new primary to be used', 10_000);
      const root = await signIn(url, superuser);
      const { token } = await root.createToken('at the new primary');
      expect((await verify(url, token)).status).toBe(200);
    });
  });
}
