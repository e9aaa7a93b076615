import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';

/** A request as it goes over the wire, on a connection that stays. */
export function request({ method = 'GET', path = '/', headers = {}, body = '' }) {
  const fields = { Host: 'bench', ...headers, ...(body && { 'Content-Length': Buffer.byteLength(body) }) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/**
 * One slice of load: each of the connections sends the next of `requests` as soon as its last answer is whole. A generator
 * that parses less than an HTTP library does: those for Node are slower than what is measured here. Answers requests a
 * second and latency in µs. `once`: stops at the last of the requests. @throws Error at any answer but `expected`
 */
export async function slice({ port, requests, expected = 200, connections = 64, seconds = 2, once = false }) {
  const latency = createHistogram();
  const status = `HTTP/1.1 ${expected} `;
  let [answered, next, over] = [0, 0, false];
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1').setNoDelay();
      let [began, text] = [0, ''];
      const send = () => {
        if (over || (once && next >= requests.length)) return socket.end();
        began = performance.now();
        socket.write(requests[next++ % requests.length]);
      };
      socket.setEncoding('latin1');
      socket.on('connect', send).on('error', reject).on('close', resolve);
      socket.on('data', (chunk) => {
        text += chunk;
        if (!isWhole(text)) return;
        if (!text.startsWith(status)) return reject(new Error(`Not ${expected}: ${text.slice(0, 200)}`));
        text = '';
        latency.record(Math.max(1, Math.round((performance.now() - began) * 1000)));
        answered += 1;
        send();
      });
    });
  const began = performance.now();
  const timer = setTimeout(() => {
    over = true;
  }, seconds * 1000);
  await Promise.all(Array.from({ length: connections }, one));
  clearTimeout(timer);
  return {
    perSecond: answered / ((performance.now() - began) / 1000),
    p50: latency.percentile(50),
    p99: latency.percentile(99),
  };
}

/** Whether this is a whole answer: without content, with a Content-Length, or with chunks. */
function isWhole(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  if (text.startsWith('HTTP/1.1 204')) return true;
  const at = Math.max(text.indexOf('Content-Length: '), text.indexOf('content-length: '));
  if (at < 0 || at > end) return text.endsWith('0\r\n\r\n');
  return text.length >= end + 4 + Number.parseInt(text.slice(at + 16, at + 24), 10);
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
