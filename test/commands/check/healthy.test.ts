import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { runHealthy } from '../../../server/commands/check/healthy.ts';
import { runCommand } from '../../helpers/app/commands.ts';
import { listen, startTestServer } from '../../helpers/app/http.ts';
import { freePort } from '../../helpers/daemon/daemon.ts';

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const healthyAt = (port: number) => runCommand({ HOME: '/nowhere', TOKENSD_LISTEN: `127.0.0.1:${port}` }, runHealthy);

/** Starts another program. Returns its port. */
async function startOther(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return listen(server);
}

it('succeeds if the daemon is ready, also below a path', async () => {
  const server = await startTestServer({ publicUrl: 'https://example.com/tokens' });
  cleanups.push(server.stop);
  expect(await healthyAt(server.port)).toMatchObject({
    code: 0,
    stdout: `tokensd is ready at http://127.0.0.1:${server.port}.\n`,
  });
});

it('fails if the database is lost', async () => {
  const server = await startTestServer();
  cleanups.push(server.stop);
  await server.store.close();
  expect(await healthyAt(server.port)).toMatchObject({ code: 1, stderr: expect.stringMatching(/: status 5\d\d\./) });
});

it('fails if nothing or another program answers', async () => {
  const port = await freePort();
  expect(await healthyAt(port)).toMatchObject({
    code: 1,
    stderr: `tokensd is not ready at http://127.0.0.1:${port}: no answer (ECONNREFUSED). Start it with tokensd serve.`,
  });
  for (const body of ['ok', '{"status":"up"}', 'null', 'x'.repeat(1_000_000)]) {
    const other = await startOther((_req, res) => res.end(body));
    expect((await healthyAt(other)).stderr).toContain('another program answers. Correct TOKENSD_LISTEN.');
  }
});

it('does not wait for more than 4 seconds, even if bytes keep arriving', async () => {
  const silent = createTcpServer((socket) => void socket.on('error', () => {}));
  const port = await new Promise<number>((resolve) => {
    silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port));
  });
  cleanups.push(() => silent.close());
  const slow = await startOther((_req, res) => {
    const timer = setInterval(() => res.write(' '), 100);
    res.once('close', () => clearInterval(timer));
  });
  for (const ran of await Promise.all([healthyAt(port), healthyAt(slow)])) {
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('no answer within 4 seconds.') });
  }
});

it('asks for a port that is known', async () => {
  expect(await healthyAt(0)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Set a port in TOKENSD_LISTEN'),
  });
});
