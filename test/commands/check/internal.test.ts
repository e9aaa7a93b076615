import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { checkInternal } from '../../../server/commands/check/internal.ts';
import { listen, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { freePort } from '../../helpers/daemon/daemon.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const internal = { host: '127.0.0.1', port: 0 };

async function startDaemon(internalListen: typeof internal | null): Promise<TestServer> {
  const server = await startTestServer({ internalListen });
  cleanups.push(() => server.stop());
  return server;
}

/** Starts another program. Returns its port. */
async function startOther(listener: (req: IncomingMessage, res: ServerResponse) => void): Promise<number> {
  const server = createServer(listener);
  cleanups.push(() => server.close());
  return listen(server);
}

/** Starts a proxy that passes everything on and adds nothing. Returns its address. */
async function startProxy(to: number): Promise<string> {
  const port = await startOther((req, res) => {
    const headers = { host: `127.0.0.1:${to}` };
    const passed = request({ host: '127.0.0.1', port: to, path: req.url, headers }, (response) => {
      res.writeHead(response.statusCode ?? 500, response.rawHeaders);
      response.pipe(res);
    });
    passed.end();
  });
  return `http://127.0.0.1:${port}`;
}

async function check(listenPort: number, publicUrl: string, internalPort: number | null) {
  const checks = await checkInternal({
    publicUrl,
    listen: { host: '127.0.0.1', port: listenPort },
    internalListen: internalPort === null ? null : { host: '127.0.0.1', port: internalPort },
  });
  return Object.fromEntries(checks.map(({ name, state, detail }) => [name, `${state}: ${detail}`]));
}

describe('the check of the internal listener', () => {
  it('is ok if it verifies tokens and the public URL does not', async () => {
    const server = await startDaemon(internal);
    const publicUrl = await startProxy(server.port);
    expect(await check(server.port, publicUrl, server.internalPort)).toEqual({
      'internal listener': `ok: tokensd verifies tokens at 127.0.0.1:${server.internalPort}.`,
    });
  });

  it('warns if the daemon does not run, and fails if another program uses the address', async () => {
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    expect((await check(port, publicUrl, await freePort()))['internal listener']).toMatch(/^warning: tokensd does not/);
    const other = await startOther((_req, res) => res.end('ok'));
    expect((await check(port, publicUrl, other))['internal listener']).toMatch(/^failed: Another program uses/);
  });

  it('finds metrics and verification that a proxy publishes', async () => {
    const server = await startDaemon(null);
    const publicUrl = await startProxy(server.port);
    const results = await check(server.port, publicUrl, null);
    expect(results.metrics).toMatch(/^failed: Everybody can read http:.*\/metrics\. Set TOKENSD_INTERNAL_LISTEN/);
    expect(results.verification).toMatch(/^warning: Everybody can ask http:.*\/verify\//);
  });

  it('asks a proxy for nothing as long as nothing answers at TOKENSD_LISTEN', async () => {
    const asked: unknown[] = [];
    const port = await startOther((req, res) => {
      asked.push(req.url);
      res.end('tokensd_build_info');
    });
    expect(await check(await freePort(), `http://127.0.0.1:${port}`, null)).toEqual({});
    expect(asked).toEqual([]);
  });

  it('says nothing about a daemon without a proxy on this machine', async () => {
    const server = await startDaemon(null);
    expect(await check(server.port, `http://127.0.0.1:${server.port}`, null)).toEqual({});
  });
});
