import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';

/** Serializes a request for a keep-alive connection. */
export function request({ method = 'GET', path = '/', headers = {}, body = '' }) {
  const fields = { Host: 'bench', ...headers, ...(body && { 'Content-Length': Buffer.byteLength(body) }) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/**
 * Generates load for `seconds`, or until `until` resolves. Each connection sends the next of `requests` as soon as its previous response is complete.
 * With `perSecond`, it waits until its turn, so that all connections together send so many. The latency of a request that waited for an earlier response counts
 * from its turn, so that a stall counts for every request that it delays.
 *
 * Returns requests per second, and latency in µs. With `once`, stops after the last request instead of starting over.
 * It uses sockets instead of an HTTP client, because HTTP clients for Node are slower than the servers measured here.
 * @throws Error at the first response with another status than `expected`
 */
export async function slice(options) {
  const { connections = 64, seconds = 2, until, expected = 200, once = false } = options;
  const load = { ...options, expected, once, latency: createHistogram(), responses: 0, next: 0, isOver: false };
  load.intervalMs = options.perSecond === undefined ? 0 : (connections / options.perSecond) * 1000;
  const end = () => {
    load.isOver = true;
  };
  const startedAt = performance.now();
  const timer = until === undefined ? setTimeout(end, seconds * 1000) : void until.then(end, end);
  await Promise.all(
    Array.from({ length: connections }, (_, i) => runConnection(load, (i / connections) * load.intervalMs)),
  );
  clearTimeout(timer);
  const { latency, responses } = load;
  return {
    ...{ perSecond: responses / ((performance.now() - startedAt) / 1000), responses },
    ...{ p50: latency.percentile(50), p99: latency.percentile(99), slowest: latency.max },
  };
}

/** Sends requests over one connection until the load is over. The first one is sent after `delayMs`. */
function runConnection(load, delayMs) {
  const { requests, intervalMs } = load;
  const status = `HTTP/1.1 ${load.expected} `;
  return new Promise((resolve, reject) => {
    const socket = connect(load.port, '127.0.0.1').setNoDelay();
    let [turn, sentAt, text] = [0, 0, ''];
    const send = (isLate) => {
      if (load.isOver || (load.once && load.next >= requests.length)) return socket.end();
      sentAt = isLate ? turn : performance.now();
      socket.write(requests[load.next++ % requests.length]);
    };
    const sendNext = () => {
      if (intervalMs === 0) return send(false);
      turn += intervalMs;
      const waitMs = turn - performance.now();
      if (waitMs <= 0) send(true);
      else setTimeout(send, waitMs, false);
    };
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      turn = performance.now() + delayMs - intervalMs;
      sendNext();
    });
    socket.on('error', reject).on('close', resolve);
    socket.on('data', (chunk) => {
      text += chunk;
      if (!isComplete(text)) return;
      if (!text.startsWith(status)) return reject(new Error(`Expected ${load.expected}: ${text.slice(0, 200)}`));
      text = '';
      load.latency.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
      load.responses += 1;
      sendNext();
    });
  });
}

/** Reports whether the response is complete: a 204, one with a Content-Length, or a chunked one. */
function isComplete(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  if (text.startsWith('HTTP/1.1 204')) return true;
  const position = Math.max(text.indexOf('Content-Length: '), text.indexOf('content-length: '));
  if (position < 0 || position > end) return text.endsWith('0\r\n\r\n');
  return text.length >= end + 4 + Number.parseInt(text.slice(position + 16, position + 24), 10);
}

/** Returns the median, or NaN for an empty list. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
