import { startTestServer, type TestServer } from '../app/http.ts';
import { type Running, type StartProxy, startApache, startCaddy, startHaproxy, startNginx } from '../peers/proxies.ts';
import { hasRealParts } from '../peers/real-parts.ts';
import { startTestApi, type TestApi } from './test-api.ts';

/** A proxy for which the project ships a configuration. */
export interface GateProxy {
  name: string;
  start: StartProxy;
  skip: boolean;
  /** Changes the configuration as the documentation says, so that each 401 offers Basic alone. */
  offerBasic(text: string): string;
  /** The status with which it responds while the API is stopped. */
  apiDownStatus: 502 | 503;
}

export const gateProxies: readonly GateProxy[] = [
  {
    name: 'nginx',
    start: startNginx,
    skip: !hasRealParts('nginx'),
    offerBasic: replacing(
      'proxy_pass http://tokensd/verify/auth-request;',
      'proxy_pass http://tokensd/verify/auth-request?challenge=basic;',
    ),
    apiDownStatus: 502,
  },
  {
    name: 'Caddy',
    start: startCaddy,
    skip: !hasRealParts('caddy'),
    offerBasic: replacing('uri /verify/forward-auth', 'uri /verify/forward-auth?challenge=basic'),
    apiDownStatus: 502,
  },
  {
    name: 'HAProxy',
    start: startHaproxy,
    skip: !hasRealParts('haproxy'),
    offerBasic: replacing('/verify/forward-auth', '/verify/forward-auth?challenge=basic'),
    apiDownStatus: 503,
  },
  {
    name: 'Apache',
    start: startApache,
    skip: !hasRealParts('apache2'),
    offerBasic: replacing('/verify/forward-auth', '/verify/forward-auth?challenge=basic'),
    apiDownStatus: 503,
  },
];

/** Returns a function that replaces one text, which must be there. */
export function replacing(original: string, replacement: string): (text: string) => string {
  return (text) => {
    if (!text.includes(original)) throw new Error(`The shipped configuration does not contain “${original}”`);
    return text.replace(original, replacement);
  };
}

export interface Gate {
  daemon: TestServer;
  api: TestApi;
  proxy: Running;
  /** Address of the proxy. */
  url: string;
  /** An active token of `dev@example.com`. */
  token: { id: string; value: string };
  stop(): Promise<void>;
}

/** Starts the daemon, an API and a real proxy in front of it. `apiUrl` replaces the API by another server. */
export async function openGate(
  { start }: Pick<GateProxy, 'start'>,
  { edit, apiUrl }: { edit?: (text: string) => string; apiUrl?: string } = {},
): Promise<Gate> {
  const daemon = await startTestServer();
  const api = await startTestApi();
  const targets = { daemonUrl: `http://127.0.0.1:${daemon.port}`, upstreamUrl: apiUrl ?? api.url };
  const proxy = await start({ ...targets, ...(edit && { edit }) });
  api.requests.length = 0;
  const { token, value } = await daemon.issue('of a client');
  return {
    daemon,
    api,
    proxy,
    url: `http://127.0.0.1:${proxy.port}`,
    token: { id: token.id, value },
    async stop() {
      await proxy.stop();
      await api.stop();
      await daemon.stop();
    },
  };
}
