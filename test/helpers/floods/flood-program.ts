import { connect, type Socket } from 'node:net';
import process from 'node:process';
import type { FloodReport, FloodShape } from './floods.ts';

/**
 * Keeps `depth` requests outstanding on each of `connections` connections until stdin ends, and then prints a report. A
 * connection that the daemon closes is opened again.
 */
const shape = JSON.parse(process.argv[2] ?? '{}') as FloodShape & { port: number };
const { port, connections, depth, requests, churn = false, drip = 0, from = ['127.0.0.1'] } = shape;
const bytes = requests.map((text) => Buffer.from(text, 'latin1'));
const report: FloodReport = { responses: {}, sentBytes: 0, opened: 0, seconds: 0 };
let next = 0;
let stopped = false;

function send(socket: Socket, count: number): void {
  const batch = Array.from({ length: count }, () => bytes[next++ % bytes.length] ?? Buffer.alloc(0));
  const all = batch.length === 1 ? batch[0] : Buffer.concat(batch);
  if (all === undefined) return;
  report.sentBytes += all.length;
  socket.write(all);
}

/** Sends one request in pieces, one every `drip` milliseconds. */
function sendSlowly(socket: Socket): void {
  const all = bytes[next++ % bytes.length] ?? Buffer.alloc(0);
  const head = all.indexOf('\r\n\r\n') + 4;
  socket.write(all.subarray(0, head));
  let at = head;
  const timer = setInterval(() => {
    if (at >= all.length) return clearInterval(timer);
    socket.write(all.subarray(at, at + 1));
    report.sentBytes += 1;
    at += 1;
  }, drip);
  socket.once('close', () => clearInterval(timer));
}

function open(number: number): void {
  if (stopped) return;
  report.opened += 1;
  const socket = connect({ port, host: '127.0.0.1', localAddress: from[number % from.length] ?? '127.0.0.1' });
  socket.setEncoding('latin1');
  socket.on('connect', () => (drip > 0 ? sendSlowly(socket) : send(socket, depth)));
  socket.on('data', (text: string) => {
    let answered = 0;
    for (const [, status = ''] of text.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
      report.responses[status] = (report.responses[status] ?? 0) + 1;
      if (status !== '100') answered += 1;
    }
    if (answered === 0) return;
    if (churn || drip > 0) socket.destroy();
    else send(socket, answered);
  });
  socket.on('error', () => {});
  socket.on('close', () => setImmediate(open, number));
}

const began = performance.now();
for (let number = 0; number < connections; number += 1) open(number);
process.stdin.resume().on('end', () => {
  stopped = true;
  report.seconds = (performance.now() - began) / 1000;
  process.stdout.write(JSON.stringify(report), () => process.exit(0));
});
