import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { listen } from '../app/http.ts';

interface Options {
  /** The ports on this machine that stand for hosts, keyed by `host:port`. Other hosts are forbidden. */
  hosts: Record<string, number>;
  /** User name and password, as `user:password`. */
  credentials?: string;
}

/** Starts the HTTP proxy of a company, through which programs tunnel to other hosts (RFC 9110 §9.3.6). */
export async function startForwardProxy({ hosts, credentials }: Options) {
  /** The hosts that clients tunnelled to, in order. */
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server = createServer((_req, res) => res.writeHead(400).end());
  server.on('connect', (req, client: Socket) => {
    sockets.add(client);
    client.on('error', () => {});
    const target = hosts[req.url ?? ''];
    if (expected !== undefined && req.headers['proxy-authorization'] !== expected) {
      return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    }
    if (target === undefined) return void client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    tunnels.push(req.url ?? '');
    const upstream = connect(target, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  const port = await listen(server);
  return {
    port,
    tunnels,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
