import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A request that is sent exactly as given, including what an HTTP library would never send. */
export interface RawRequest {
  /** Replaces the path in the request line. */
  readonly line?: string;
  /** Default: GET. The response to HEAD has no body. */
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | 'PROPFIND';
  /** Replaces the host of the address in `Host`. */
  readonly host?: string;
  readonly fields?: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body?: string;
}

export interface RawResponse {
  readonly status: number;
  /** Returns all values of a header field, in order. */
  readonly all: (name: string) => string[];
  /** Status line, header fields and body, at most 1 MiB. */
  readonly text: string;
}

export interface RawOptions {
  readonly url: URL;
  readonly userAgent: string;
  readonly signal: AbortSignal;
  readonly connectMs: number;
  readonly responseMs: number;
}

const maxResponseBytes = 1024 * 1024;

/**
 * Sends one GET on its own connection. Returns null if the connection was closed without a response, which is a way to
 * reject a request. Rejects if it cannot connect, with a `TimeoutError` if no response arrives in time, and with a
 * `NotHttpError` if the response is not HTTP/1.1.
 */
export async function sendRaw(request: RawRequest, options: RawOptions): Promise<RawResponse | null> {
  const socket = open(options.url);
  let bytes = '';
  await new Promise<void>((resolve, reject) => {
    const encrypted = options.url.protocol === 'https:';
    let connected = false;
    const onTimeout = () => {
      if (headOf(bytes) !== null) return resolve();
      reject(new DOMException('No response in time', 'TimeoutError'));
    };
    const cancel = () => reject(options.signal.reason);
    let timer = setTimeout(onTimeout, options.connectMs);
    options.signal.addEventListener('abort', cancel, { once: true });
    if (options.signal.aborted) cancel();
    socket.once(encrypted ? 'secureConnect' : 'connect', () => {
      connected = true;
      clearTimeout(timer);
      timer = setTimeout(onTimeout, options.responseMs);
      socket.write(serialize(request, options));
    });
    socket.setEncoding('latin1').on('data', (more: string) => {
      bytes += more;
      if (bytes.length > maxResponseBytes || isComplete(bytes)) resolve();
    });
    socket.on('error', (error) => (connected ? resolve() : reject(error)));
    socket.on('close', () => resolve());
    socket.once('close', () => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', cancel);
    });
  }).finally(() => socket.destroy());
  return bytes === '' ? null : parse(bytes);
}

function open(url: URL): Socket {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (url.protocol === 'http:') return connectTcp({ host, port: Number(url.port || 80) });
  return connectTls({ host, port: Number(url.port || 443), ...(isIP(host) === 0 && { servername: host }) });
}

function serialize(
  { method = 'GET', line, host, fields = [], body = '' }: RawRequest,
  { url, userAgent }: RawOptions,
): string {
  const own: Array<readonly [string, string]> = [
    ['Host', host ?? url.host],
    ['User-Agent', userAgent],
    ['Accept', '*/*'],
  ];
  if (!fields.some(([name]) => name === 'Connection')) own.push(['Connection', 'close']);
  const lines = [...own, ...fields].map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${line ?? url.pathname + url.search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** Returns the head of the final response (after any 1xx but 101) and the offset of its body, or null if it is incomplete. */
function headOf(bytes: string): { head: string; bodyAt: number } | null {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', start);
    if (end < 0) return null;
    const head = bytes.slice(start, end);
    if (!/^HTTP\/1\.[01] 1(?!01)\d\d/.test(head)) return { head, bodyAt: end + 4 };
    start = end + 4;
  }
}

/** Returns whether the response is known to be complete before the connection ends. */
function isComplete(bytes: string): boolean {
  const found = headOf(bytes);
  if (found === null) return false;
  // After 101, the connection carries another protocol and stays open.
  if (/^HTTP\/1\.[01] 101/.test(found.head)) return true;
  const length = /^content-length: *(\d+)\s*$/im.exec(found.head)?.[1];
  if (length !== undefined) return bytes.length - found.bodyAt >= Number(length);
  return /^transfer-encoding: *chunked\s*$/im.test(found.head) && bytes.endsWith('\r\n0\r\n\r\n');
}

function parse(bytes: string): RawResponse {
  const found = headOf(bytes);
  const [line = '', ...lines] = (found?.head ?? '').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(line)?.[1] ?? 0);
  if (found === null || status === 0) {
    throw Object.assign(new Error('The response is not HTTP/1.1'), { name: 'NotHttpError' });
  }
  const body = bytes.slice(found.bodyAt);
  const isChunked = lines.some((one) => /^transfer-encoding:.*chunked/i.test(one));
  return {
    status,
    all: (name) =>
      lines
        .map((one) => /^([^:]+):\s*(.*?)\s*$/.exec(one))
        .flatMap((match) => (match?.[1]?.toLowerCase() === name.toLowerCase() ? [match[2] ?? ''] : [])),
    text: `${found.head}\r\n\r\n${isChunked ? decodeChunks(body) : body}`,
  };
}

function decodeChunks(body: string): string {
  let text = '';
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.slice(at, end), 16);
    if (end < 0 || !(length > 0)) return text;
    text += body.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
}
