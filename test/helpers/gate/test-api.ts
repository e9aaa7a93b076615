import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { listen } from '../app/http.ts';
import { acceptWebSocket } from './web-socket.ts';

/** A request as the API received it. */
export interface ApiRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
}

/** The facts about a body that `/upload` returns. */
export interface UploadReport {
  bytes: number;
  sha256: string;
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;

/** The content of `/file`. */
export const fileContent = Buffer.from(Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(''));

/**
 * How many events `/events` and `/events-until-close` send, and the milliseconds between them. The latter ends by closing
 * the connection, as servers without chunked encoding do.
 */
export const events = { count: 3, intervalMs: 500 };

/**
 * Starts an API that does what APIs behind a proxy do: it reads uploads while they arrive, sends events one by one, serves
 * ranges of a file, has metrics, accepts WebSocket connections and fails on request. All other paths return the request as JSON.
 */
export async function startTestApi() {
  const requests: ApiRequest[] = [];
  const progress = { bytes: 0 };
  const server = createServer((req, res) => {
    const { method = '', url = '', headers } = req;
    requests.push({ method, url, headers });
    const status = /^\/status\/(\d{3})$/.exec(url)?.[1];
    if (status !== undefined) res.writeHead(Number(status)).end('from the API');
    else if (url === '/upload') receive(req, res, progress);
    else if (url === '/events' || url === '/events-until-close') sendEvents(res, url === '/events');
    else if (url === '/file') sendFile(req, res);
    else if (url === '/metrics') res.setHeader('Content-Type', 'text/plain; version=0.0.4').end('api_requests 1\n');
    else if (method === 'OPTIONS' && headers.origin !== undefined) sendCorsHeaders(req, res);
    else res.setHeader('Content-Type', 'application/json').end(JSON.stringify({ method, url, headers }));
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex) => {
    requests.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers });
    if (req.headers.upgrade === 'websocket') acceptWebSocket(req, socket);
    else socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nsmuggled');
  });
  const port = await listen(server);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** Every request that reached the API. */
    requests,
    /** How much of the current upload has arrived. */
    progress,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function receive(req: IncomingMessage, res: ServerResponse, progress: { bytes: number }): void {
  const hash = createHash('sha256');
  progress.bytes = 0;
  req.on('data', (chunk: Buffer) => {
    progress.bytes += chunk.length;
    hash.update(chunk);
  });
  req.on('end', () => {
    const report: UploadReport = { bytes: progress.bytes, sha256: hash.digest('hex') };
    res.setHeader('Content-Type', 'application/json').end(JSON.stringify(report));
  });
}

function sendEvents(res: ServerResponse, isChunked: boolean): void {
  if (!isChunked) res.removeHeader('Transfer-Encoding');
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    res.write(`data: ${sent} at ${performance.now()}\n\n`);
    if (sent < events.count) return;
    clearInterval(timer);
    res.end();
  }, events.intervalMs);
  res.once('close', () => clearInterval(timer));
}

function sendFile(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('Accept-Ranges', 'bytes');
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '') ?? [];
  const range = from === undefined ? null : { from: Number(from), to: Number(to) };
  const content = range === null ? fileContent : fileContent.subarray(range.from, range.to + 1);
  if (range !== null) res.setHeader('Content-Range', `bytes ${range.from}-${range.to}/${fileContent.length}`);
  res.writeHead(range === null ? 200 : 206, { 'Content-Length': content.length });
  res.end(req.method === 'HEAD' ? undefined : content);
}

function sendCorsHeaders({ headers }: IncomingMessage, res: ServerResponse): void {
  res.writeHead(204, {
    'Access-Control-Allow-Origin': headers.origin ?? '',
    'Access-Control-Allow-Headers': 'Authorization',
  });
  res.end();
}
