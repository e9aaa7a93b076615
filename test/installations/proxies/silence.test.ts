import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from '../../helpers/app/http.ts';
import { gateProxies, openGate, replacing } from '../../helpers/gate/gate.ts';

/** How docs/proxies.md says that an operator sets the time after which a silent stream ends. Here it is one second. */
const limits: Record<string, ((text: string) => string) | null> = {
  nginx: replacing('    auth_request /_tokensd;', '    proxy_read_timeout 1s;\n    auth_request /_tokensd;'),
  Caddy: null,
  HAProxy: replacing('timeout server 60s', 'timeout server 1s'),
  Apache: replacing('  ProxyPreserveHost On', '  ProxyTimeout 1\n  ProxyPreserveHost On'),
};

/** Starts an API that sends the start of a stream and then nothing. */
async function startSilentApi() {
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: start\n\n');
  });
  const port = await listen(server);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${port}`;
}

for (const gateProxy of gateProxies) {
  const limit = limits[gateProxy.name] ?? null;
  it
    .skipIf(gateProxy.skip)
    .each([
      ['as it is shipped', null],
      ...(limit === null ? [] : [['with a limit of a second', limit] as [string, typeof limit]]),
    ])(
    `${gateProxy.name} keeps a silent stream open for as long as the documentation says, %s`,
    async (_what, edit) => {
      const apiUrl = await startSilentApi();
      const gate = await openGate(gateProxy, { apiUrl, ...(edit && { edit }) });
      onTestFinished(gate.stop);
      const outgoing = get(`${gate.url}/events`, {
        headers: { Authorization: `Bearer ${gate.token.value}` },
        agent: false,
      });
      outgoing.on('error', () => {});
      const [response] = await once(outgoing, 'response');
      response.on('error', () => {}).resume();
      const closed = new Promise((resolve) => response.once('close', () => resolve('closed')));
      const open = new Promise((resolve) => setTimeout(resolve, 5_000, 'open'));
      expect(await Promise.race([closed, open])).toBe(edit === null ? 'open' : 'closed');
      outgoing.destroy();
    },
  );
}
