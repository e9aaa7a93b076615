import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One request as it goes out: what a client library would never send stays as it is. */
export interface RawRequest {
  /** Instead of the target's path, as it stands. */
  readonly line?: string;
  readonly fields?: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body?: string;
}

export interface RawAnswer {
  readonly status: number;
  /** All values of a field, in order. */
  readonly all: (name: string) => string[];
  /** Status line, fields and body, or as much as may be of interest. */
  readonly text: string;
}

export interface RawOptions {
  readonly url: URL;
  readonly userAgent: string;
  readonly signal: AbortSignal;
  readonly connectMs: number;
  readonly answerMs: number;
}

const longestAnswer = 1024 * 1024;

/**
 * Sends one GET on a connection of its own. Null: the connection was cut without an answer, which is a way to refuse.
 * Rejects if there is no connection, with a `TimeoutError` if no answer came in time, and with a `NotHttpError`.
 */
export async function sendRaw(request: RawRequest, options: RawOptions): Promise<RawAnswer | null> {
  const socket = open(options.url);
  let bytes = '';
  await new Promise<void>((resolve, reject) => {
    const encrypted = options.url.protocol === 'https:';
    let connected = false;
    const late = () => {
      if (headOf(bytes) !== null) return resolve();
      reject(new DOMException('No answer in time', 'TimeoutError'));
    };
    const cancel = () => reject(options.signal.reason);
    let timer = setTimeout(late, options.connectMs);
    options.signal.addEventListener('abort', cancel, { once: true });
    if (options.signal.aborted) cancel();
    socket.once(encrypted ? 'secureConnect' : 'connect', () => {
      connected = true;
      clearTimeout(timer);
      timer = setTimeout(late, options.answerMs);
      socket.write(bytesOf(request, options));
    });
    socket.setEncoding('latin1').on('data', (more: string) => {
      bytes += more;
      if (bytes.length > longestAnswer || isWhole(bytes)) resolve();
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

function bytesOf({ line, fields = [], body = '' }: RawRequest, { url, userAgent }: RawOptions): string {
  const own: Array<readonly [string, string]> = [
    ['Host', url.host],
    ['User-Agent', userAgent],
    ['Accept', '*/*'],
  ];
  if (!fields.some(([name]) => name === 'Connection')) own.push(['Connection', 'close']);
  const lines = [...own, ...fields].map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${line ?? url.pathname + url.search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** The head of the final answer, and where its body begins. */
function headOf(bytes: string): { head: string; bodyAt: number } | null {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', start);
    if (end < 0) return null;
    const head = bytes.slice(start, end);
    if (!/^HTTP\/1\.[01] 1\d\d/.test(head)) return { head, bodyAt: end + 4 };
    start = end + 4;
  }
}

/** Whether all of an answer is here, of which that can be said before the connection ends. */
function isWhole(bytes: string): boolean {
  const found = headOf(bytes);
  if (found === null) return false;
  const length = /^content-length: *(\d+)\s*$/im.exec(found.head)?.[1];
  if (length !== undefined) return bytes.length - found.bodyAt >= Number(length);
  return /^transfer-encoding: *chunked\s*$/im.test(found.head) && bytes.endsWith('\r\n0\r\n\r\n');
}

function parse(bytes: string): RawAnswer {
  const found = headOf(bytes);
  const [line = '', ...lines] = (found?.head ?? '').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(line)?.[1] ?? 0);
  if (found === null || status === 0) {
    throw Object.assign(new Error('The answer is not HTTP/1.1'), { name: 'NotHttpError' });
  }
  const body = bytes.slice(found.bodyAt);
  const isChunked = lines.some((one) => /^transfer-encoding:.*chunked/i.test(one));
  return {
    status,
    all: (name) =>
      lines
        .map((one) => /^([^:]+):\s*(.*?)\s*$/.exec(one))
        .flatMap((match) => (match?.[1]?.toLowerCase() === name.toLowerCase() ? [match[2] ?? ''] : [])),
    text: `${found.head}\r\n\r\n${isChunked ? withoutChunks(body) : body}`,
  };
}

function withoutChunks(body: string): string {
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
