import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { addDeveloper, signIn } from '../../helpers/daemon/api.ts';
import { prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { replacing } from '../../helpers/gate/gate.ts';
import { startCaddy, startNginx, startUpstream } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

/** The lines of docs/proxies.md that name a Unix socket. */
const setups = [
  {
    proxy: 'nginx',
    start: startNginx,
    edit: (socket: string) => replacing('server 127.0.0.1:8420;', `server unix:${socket};`),
  },
  {
    proxy: 'caddy',
    start: startCaddy,
    edit: (socket: string) => replacing('forward_auth 127.0.0.1:8420', `forward_auth unix/${socket}`),
  },
];

it.each(setups)('$proxy verifies tokens through a Unix socket', async ({ proxy, start, edit }) => {
  if (!hasRealParts(proxy)) return;
  const { dataDir, remove } = await prepareDaemon();
  onTestFinished(remove);
  const socket = join(dataDir, 'internal.sock');
  const daemon = await startDaemon(dataDir, { TOKENSD_INTERNAL_LISTEN: `unix:${socket}` });
  onTestFinished(async () => void (await daemon.stop()));
  const upstream = await startUpstream();
  onTestFinished(upstream.stop);
  const running = await start({ daemonUrl: daemon.url, upstreamUrl: upstream.url, edit: edit(socket) });
  onTestFinished(running.stop);
  const dev = await addDeveloper(daemon.url, await signIn(daemon.url, superuser));
  const { token } = await dev.createToken('through a socket');
  const ask = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${running.port}/builds/42`, { headers });
  const response = await ask({ Authorization: `Bearer ${token}` });
  expect([response.status, await response.json()]).toMatchObject([
    200,
    { headers: { 'x-auth-user': 'dev@example.com' } },
  ]);
  expect((await ask({})).status).toBe(401);
});
