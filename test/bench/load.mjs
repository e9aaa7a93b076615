import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';

/** Serializes a request for a keep-alive connection. */
export function request({ method = 'GET', path = '/', headers = {}, body = '' }) {
  const fields = { Host: 'bench', ...headers, ...(body && { 'Content-Length': Buffer.byteLength(body) }) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/**
 * Generates load for `seconds`. Each connection sends the next of `requests` as soon as its previous response is complete.
 * Returns requests per second, and latency in µs. With `once`, stops after the last request instead of starting over.
 * It uses sockets instead of an HTTP client, because HTTP clients for Node are slower than the servers measured here.
 * @throws Error at the first response with another status than `expected`
 */
export async function slice({ port, requests, expected = 200, connections = 64, seconds = 2, once = false }) {
  const latency = createHistogram();
  const status = `HTTP/1.1 ${expected} `;
  let [responses, next, timeIsUp] = [0, 0, false];
  const runConnection = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1').setNoDelay();
      let [sentAt, text] = [0, ''];
      const send = () => {
        if (timeIsUp || (once && next >= requests.length)) return socket.end();
        sentAt = performance.now();
        socket.write(requests[next++ % requests.length]);
      };
      socket.setEncoding('latin1');
      socket.on('connect', send).on('error', reject).on('close', resolve);
      socket.on('data', (chunk) => {
        text += chunk;
        if (!isComplete(text)) return;
        if (!text.startsWith(status)) return reject(new Error(`Expected ${expected}: ${text.slice(0, 200)}`));
        text = '';
        latency.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
        responses += 1;
        send();
      });
    });
  const startedAt = performance.now();
  const timer = setTimeout(() => {
    timeIsUp = true;
  }, seconds * 1000);
  await Promise.all(Array.from({ length: connections }, runConnection));
  clearTimeout(timer);
  return {
    perSecond: responses / ((performance.now() - startedAt) / 1000),
    p50: latency.percentile(50),
    p99: latency.percentile(99),
  };
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
