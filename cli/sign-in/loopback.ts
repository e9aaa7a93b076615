import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Waits on this machine for the browser to come back (RFC 8252 §7.3). */
export interface Loopback {
  readonly redirectUri: string;
  /** The address that the browser came back to. Rejects after the time limit, or when `signal` aborts. */
  readonly answer: Promise<URL>;
  /** Nothing listens any more. */
  close(): void;
}

const path = '/callback';

/** Listens on 127.0.0.1 only. Whatever does not carry `state` is refused, and does not end the wait. */
export async function listenOnLoopback(state: string, limitMs: number, signal: AbortSignal): Promise<Loopback> {
  const { promise: answer, resolve, reject } = withResolvers<URL>();
  // Told to whoever waits for it, if somebody does.
  answer.catch(() => undefined);
  let base = '';
  const server = createServer((req, res) => {
    const url = readCallback(req, base);
    if (url?.searchParams.get('state') !== state) return reply(res, 404, 'There is nothing here.');
    const denied = url.searchParams.has('error');
    reply(
      res,
      200,
      denied ? 'Nothing was approved. You can close this window.' : 'Approved. You can close this window.',
    );
    resolve(url);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const timer = setTimeout(() => reject(new DOMException('Nobody came back', 'TimeoutError')), limitMs);
  const cancel = () => reject(signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  return {
    redirectUri: base + path,
    answer,
    close() {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      server.close();
      server.closeIdleConnections();
    },
  };
}

/** Null for anything but the browser's own way back: another host name would be another site's (DNS rebinding). */
function readCallback({ method, url = '', headers }: IncomingMessage, base: string): URL | null {
  const ours = method === 'GET' && `http://${headers.host}` === base && URL.canParse(url, base);
  const target = ours ? new URL(url, base) : null;
  return target?.origin === base && target.pathname === path ? target : null;
}

function reply(res: ServerResponse, status: number, text: string): void {
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; img-src data:; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  };
  // Without an icon of its own the browser would ask for one when nobody listens any more.
  const head = '<meta charset="utf-8"><title>tokens</title><link rel="icon" href="data:,">';
  res.writeHead(status, headers).end(`<!DOCTYPE html><html lang="en">${head}<p>${text}</p></html>\n`);
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
