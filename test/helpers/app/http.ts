import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { type AddressInfo, connect, type Server } from 'node:net';
import type { Config } from '../../../server/config/config.ts';
import { createServers } from '../../../server/http/internal/servers.ts';
import { openTestApp } from './app.ts';
import { openTestStore } from './store.ts';

/** Header names and values. A repeated name is sent as a repeated field. */
export type Fields = ReadonlyArray<readonly [string, string]>;

export interface TestResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** Returns every value of a field, in order, exactly as sent. */
  all(name: string): string[];
  body: string;
}

export interface SendOptions extends Omit<RequestOptions, 'headers'> {
  headers?: Fields;
  body?: string | Uint8Array;
}

/** Sends one HTTP/1.1 request on a new connection, with exactly these header fields and a default Host. */
export function send(port: number, { headers = [], body, ...options }: SendOptions): Promise<TestResponse> {
  const fields = [...headers];
  if (!fields.some(([name]) => name.toLowerCase() === 'host')) fields.unshift(['Host', 'tokens.test']);
  if (body !== undefined) fields.push(['Content-Length', String(Buffer.byteLength(body))]);
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, agent: false, ...options, headers: fields.flat() }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('error', reject);
      res.on('end', () => {
        const all = (name: string) =>
          res.rawHeaders.filter((_, i) => i % 2 === 1 && res.rawHeaders[i - 1]?.toLowerCase() === name.toLowerCase());
        resolve({ status: res.statusCode ?? 0, headers: res.headers, all, body: text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Writes latin1 bytes to a new connection. Returns everything received until the server closed it or `ms` passed. */
export function exchange(port: number, bytes: string, ms = 2_000): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    const done = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed });
    };
    const timer = setTimeout(() => done(false), ms);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('end', () => done(true));
    socket.on('close', () => done(true));
  });
}

export async function listen(server: Server, port = 0, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return (server.address() as AddressInfo).port;
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

/** Starts the whole daemon on a loopback socket, with its database in a temporary directory. */
export async function startTestServer(settings: Partial<Config> = {}, onPort = 0, store = openTestStore()) {
  const daemon = await openTestApp(settings, store);
  const { services, deps } = daemon;
  const { server, internalServer } = createServers(deps);
  const port = await listen(server, onPort);
  const internalPort = internalServer === null ? port : await listen(internalServer);

  /** Creates a token with this name. Its owner is `dev` unless `as` names another member. */
  async function issue(name: string, { as = daemon.dev, expiresIn }: { as?: { id: string }; expiresIn?: number } = {}) {
    const user = await daemon.store.users.findById(as.id);
    if (user === null) throw new Error('The member is missing.');
    const { token, secret } = await services.tokens.create(
      { user, clientInfo: { ip: null, userAgent: null }, channel: 'cli' },
      { name, ...(expiresIn !== undefined && { expires_in: expiresIn }) },
    );
    return { token, value: secret?.reveal() ?? '' };
  }

  return {
    ...daemon,
    server,
    port,
    /** The port of the internal listener, or of the only one. */
    internalPort,
    issue,
    send: (options: SendOptions) => send(port, options),
    exchange: (bytes: string, ms?: number) => exchange(port, bytes, ms),
    async stop() {
      for (const each of [server, ...(internalServer === null ? [] : [internalServer])]) {
        each.close();
        each.closeAllConnections();
      }
      await daemon.close();
    },
  };
}
