import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseUrl } from '../../shared/urls.ts';

/** A server on this machine that waits for the browser's redirect (RFC 8252 §7.3). */
export interface Loopback {
  readonly redirectUri: string;
  /** The URL that the browser was redirected to. Rejects after the time limit, or when `signal` aborts. */
  readonly callback: Promise<URL>;
  /** Stops listening. */
  close(): void;
}

const path = '/callback';

/** Listens on 127.0.0.1. Replies 404 to a request without the right `state`, and keeps waiting. */
export async function listenOnLoopback(state: string, timeoutMs: number, signal: AbortSignal): Promise<Loopback> {
  const { promise: callback, resolve, reject } = withResolvers<URL>();
  // A caller that closes without awaiting `callback` must not cause an unhandled rejection.
  callback.catch(() => undefined);
  let base = '';
  const server = createServer((req, res) => {
    const url = parseCallback(req, base);
    if (url?.searchParams.get('state') !== state) return reply(res, 404, 'There is nothing here.');
    const result = url.searchParams.has('error') ? 'Sign-in denied.' : 'Sign-in approved.';
    reply(res, 200, `${result} You can close this window.`);
    resolve(url);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const timer = setTimeout(() => reject(new DOMException('No redirect in time', 'TimeoutError')), timeoutMs);
  const cancel = () => reject(signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  return {
    redirectUri: base + path,
    callback,
    close() {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      server.close();
      server.closeIdleConnections();
    },
  };
}

/** Returns null unless the request is the redirect. Another host name means another site (DNS rebinding). */
function parseCallback({ method, url = '', headers }: IncomingMessage, base: string): URL | null {
  const isOurs = method === 'GET' && `http://${headers.host}` === base && parseUrl(url, base) !== null;
  const target = isOurs ? new URL(url, base) : null;
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
  // An empty icon, because the browser would otherwise request one after this server has closed.
  const head = '<meta charset="utf-8"><title>tokens</title><link rel="icon" href="data:,">';
  res.writeHead(status, headers).end(`<!DOCTYPE html><html lang="en">${head}<p>${text}</p></html>\n`);
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
