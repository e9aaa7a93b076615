import { createServer } from 'node:http';
import { connect } from 'node:net';
import { flushLastUsed } from '../../../server/jobs/flush-last-used.ts';
import { jsonOf } from '../../helpers/app/app.ts';
import { type Fields, listen, startTestServer } from '../../helpers/app/http.ts';
import type { Behind, Running } from '../../helpers/peers/proxies.ts';

/** A request as it came to the API, each field as it was spelled. */
export interface Reached {
  method: string;
  target: string;
  fields: Fields;
}

/** Bytes of one request: what a client library would never send stays as it is. */
export interface RawRequest {
  method?: string;
  target?: string;
  /** Whether to add a `Host` of its own; yes, unless told otherwise. */
  host?: boolean;
  fields?: Fields;
  body?: string;
}

/** Another address of this machine than the proxy's, so that the real peer can be told from it. */
export const clientAddress = '127.0.0.2';

/** The daemon, a real proxy with the shipped configuration, and an API that keeps what it got. */
export async function openBehind(start: (behind: Behind) => Promise<Running>) {
  const daemon = await startTestServer();
  const reached: Reached[] = [];
  const upstream = createServer((req, res) => {
    const pairs = req.rawHeaders.flatMap((name, i) => (i % 2 ? [] : [[name, req.rawHeaders[i + 1] ?? ''] as const]));
    reached.push({ method: req.method ?? '', target: req.url ?? '', fields: pairs });
    req.resume().on('end', () => res.end('the API'));
  });
  const upstreamUrl = `http://127.0.0.1:${await listen(upstream)}`;
  const proxy = await start({ daemonUrl: `http://127.0.0.1:${daemon.port}`, upstreamUrl });

  return {
    daemon,
    port: proxy.port,
    /** Sends one request and answers its status, and what came to the API meanwhile. */
    async send(request: RawRequest) {
      reached.length = 0;
      // Of two uses at the same time the first one stays.
      daemon.clock.advance(1_000);
      const answer = await sendRaw(proxy.port, bytesOf(request));
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
      return { status, answer, reached: [...reached] };
    },
    /** The last use of a token, as its owner sees it. */
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

/** Every field under whose name an API might look for an identity: WSGI, CGI and PHP know no difference between `-` and `_`. */
export function identityIn({ fields }: Reached): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, value] of fields) {
    const key = name.toLowerCase().replaceAll('_', '-');
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
    // A proxy that refuses what is too long may cut the connection while it is still being sent.
    socket.on('error', () => {});
    socket.setTimeout(20_000, () => socket.destroy());
    socket.on('close', () => resolve(text));
  });
}
