import { createServer } from 'node:http';
import { connect } from 'node:net';
import { flushLastUsed } from '../../../server/jobs/flush-last-used.ts';
import { jsonOf } from '../../helpers/app/app.ts';
import { type Fields, listen, startTestServer } from '../../helpers/app/http.ts';
import type { ProxyTargets, Running } from '../../helpers/peers/proxies.ts';

/** A request as the API behind the proxy received it, with the original spelling of each header. */
export interface Received {
  method: string;
  target: string;
  fields: Fields;
}

/** A request that is sent byte for byte, even if no client library would send it. */
export interface RawRequest {
  method?: string;
  target?: string;
  /** Whether to add a `Host` header. The default is true. */
  host?: boolean;
  fields?: Fields;
  body?: string;
}

/** IP address of the client. The proxy uses another loopback address, so tests can distinguish the two. */
export const clientAddress = '127.0.0.2';

/** Starts the daemon, a real proxy with the shipped configuration, and an API that records the requests it receives. */
export async function openBehindProxy(start: (targets: ProxyTargets) => Promise<Running>) {
  const daemon = await startTestServer();
  const received: Received[] = [];
  const upstream = createServer((req, res) => {
    const pairs = req.rawHeaders.flatMap((name, i) => (i % 2 ? [] : [[name, req.rawHeaders[i + 1] ?? ''] as const]));
    received.push({ method: req.method ?? '', target: req.url ?? '', fields: pairs });
    req.resume().on('end', () => res.end('the API'));
  });
  const upstreamUrl = `http://127.0.0.1:${await listen(upstream)}`;
  const proxy = await start({ daemonUrl: `http://127.0.0.1:${daemon.port}`, upstreamUrl });

  return {
    daemon,
    port: proxy.port,
    /** Sends one request and returns its status, the raw response and the requests that the API received. */
    async send(request: RawRequest) {
      received.length = 0;
      // Two uses with the same time would count as one, so each request gets its own time.
      daemon.clock.advance(1_000);
      const response = await sendRaw(proxy.port, bytesOf(request));
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(response)?.[1] ?? 0);
      return { status, response, received: [...received] };
    },
    /** Returns the last use of a token as its owner sees it. */
    async lastUse(id: string) {
      await flushLastUsed(daemon.services.lastUsed, daemon.store.tokens);
      const { last_used } = await jsonOf<{ last_used: Record<string, unknown> | null }>(
        daemon.ask(`/api/v1/tokens/${id}`, { as: daemon.dev }),
      );
      return last_used;
    },
    async stop() {
      await proxy.stop();
      upstream.close();
      upstream.closeAllConnections();
      await daemon.stop();
    },
  };
}

/** The characters of a field name that are neither letters nor digits (RFC 9110 §5.6.2). */
export const nameSeparators = [..."-_.!#$%&'*+^`|~"];

/**
 * Returns every header that an API might read as an identity. WSGI and CGI treat `-` and `_` alike, PHP also `.`, and lighttpd every
 * character that is neither a letter nor a digit.
 */
export function identityIn({ fields }: Received): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, value] of fields) {
    const key = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
    if (!key.startsWith('x-auth')) continue;
    found[key] ??= [];
    found[key].push(value);
  }
  return found;
}

function bytesOf({ method = 'GET', target = '/builds/42', host = true, fields = [], body = '' }: RawRequest): string {
  const all = [...(host ? [['Host', 'api.example.com'] as const] : []), ...fields];
  const closing = all.some(([name]) => name === 'Connection') ? [] : [['Connection', 'close'] as const];
  const lines = [...all, ...closing].map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1', localAddress: clientAddress }, () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more;
    });
    // A proxy that rejects an oversized request may close the connection before the request is sent completely.
    socket.on('error', () => {});
    socket.setTimeout(20_000, () => socket.destroy());
    socket.on('close', () => resolve(text));
  });
}
