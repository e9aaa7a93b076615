import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkAddresses } from '../../../server/commands/check/addresses.ts';
import { createServers } from '../../../server/http/internal/servers.ts';
import { listen, startTestServer } from '../../helpers/app/http.ts';
import { freePort } from '../../helpers/daemon/daemon.ts';
import { hasIpv6 } from '../../helpers/peers/real-parts.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Starts a daemon with this public URL. Returns its port. */
async function startDaemon(publicUrl: string, port?: number): Promise<number> {
  const server = await startTestServer({ publicUrl }, port);
  cleanups.push(() => server.stop());
  return server.port;
}

/** Starts another program. Returns its address. */
async function startOther(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  cleanups.push(() => server.close());
  return `http://127.0.0.1:${await listen(server)}`;
}

/** Returns the state and detail of each check by name. */
async function check(publicUrl: string, port: number) {
  const checks = await checkAddresses({ publicUrl, listen: { host: '127.0.0.1', port } });
  return Object.fromEntries(checks.map(({ name, state, detail }) => [name, `${state}: ${detail}`]));
}

describe('the check of the addresses', () => {
  it('is ok if the public URL leads to the daemon', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await startDaemon(url, port);
    expect(await check(url, port)).toEqual({
      daemon: `ok: tokensd runs at ${url}.`,
      'public URL': `ok: ${url} leads to tokensd.`,
    });
  });

  it('skips the public URL as long as nothing answers at TOKENSD_LISTEN, which is no failure', async () => {
    const port = await freePort();
    let asked = 0;
    const gateway = await startOther((_req, res) => {
      asked += 1;
      res.writeHead(502).end();
    });
    const results = await check(gateway, port);
    expect(results.daemon).toMatch(/^warning: tokensd does not run/);
    expect(results['public URL']).toMatch(/^skipped: http:.* was not asked, because nothing answers at http:.*:\d+\./);
    expect(asked).toBe(0);
  });

  it.skipIf(!hasIpv6())('asks a daemon at IPv6, at all addresses and at a Unix socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tokensd-check-'));
    cleanups.push(() => rm(directory, { recursive: true }));
    const publicUrl = 'http://127.0.0.1:1';
    for (const [listenOn, address] of [
      [{ host: '::1', port: 0 }, (port: number) => ({ host: '::1', port })],
      [{ host: '::', port: 0 }, (port: number) => ({ host: '::', port })],
      [{ host: '0.0.0.0', port: 0 }, (port: number) => ({ host: null, port })],
      [{ path: join(directory, 'a.sock') }, () => ({ socket: join(directory, 'a.sock') })],
    ] as const) {
      const { deps, stop } = await startTestServer({ publicUrl });
      cleanups.push(stop);
      const { server } = createServers(deps);
      cleanups.push(() => server.close());
      await new Promise<void>((resolve) => server.listen(listenOn, resolve));
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
      const [daemon] = await checkAddresses({ publicUrl, listen: address(port) });
      expect(daemon, JSON.stringify(listenOn)).toMatchObject({ state: 'ok', name: 'daemon' });
    }
  });

  it('fails if the running daemon was started with another public URL', async () => {
    const port = await startDaemon('https://old.example.com');
    const { daemon } = await check('https://127.0.0.1:1', port);
    expect(daemon).toMatch(
      /^failed: .* public URL https:\/\/old\.example\.com, and these settings have https:\/\/127\.0\.0\.1:1\./,
    );
  });

  it('fails if another program uses the address, or sits at the public URL', async () => {
    const other = await startOther((_req, res) => res.end('{"status":"ok"}'));
    const results = await check(other, Number(new URL(other).port));
    expect(results.daemon).toMatch(/^failed: Another program uses/);
    expect(results['public URL']).toMatch(/^failed: .* does not lead to tokensd: status 200/);
  });

  it('fails if the public URL redirects, and names the target', async () => {
    const site = await startOther((_req, res) => res.writeHead(301, { Location: 'https://other.example/' }).end());
    const port = await startDaemon(site);
    expect((await check(site, port))['public URL']).toMatch(/^failed: .* redirects to https:\/\/other\.example\//);
  });

  it('fails if nothing answers at the public URL although the daemon runs', async () => {
    const site = `http://127.0.0.1:${await freePort()}`;
    const port = await startDaemon(site);
    expect((await check(site, port))['public URL']).toMatch(/^failed: .*\(ECONNREFUSED\), although tokensd runs/);
  });

  it('fails if the name of the public URL has no address', async () => {
    const results = await check('https://tokens.invalid', await startDaemon('https://tokens.invalid'));
    expect(results['public URL']).toMatch(/^failed: tokens\.invalid has no address here/);
  });

  it('warns about plain HTTP except on this machine', async () => {
    const results = await check('http://tokens.invalid', await freePort());
    expect(results.encryption).toMatch(/^warning: http:\/\/tokens\.invalid is not encrypted/);
  });
});
