import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { Watched, WatchReport } from './watch.ts';

/** Sends the requests from a thread of its own, so that a busy test does not make the daemon look slow. */
const { url, probes, pauseMs } = workerData as Watched;
const agent = new Agent({ keepAlive: true });
const target = new URL('/verify/forward-auth', url);
const times: number[] = [];
const wrong: string[] = [];
let stopped = false;

function verify(value: string): Promise<number | string> {
  return new Promise((resolve) => {
    const asked = request(target, { agent, headers: { Authorization: `Token ${value}` } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

async function watch({ value, expected }: Watched['probes'][number]): Promise<void> {
  while (!stopped) {
    const began = performance.now();
    const response = await verify(value);
    times.push(performance.now() - began);
    if (response !== expected) wrong.push(`${response} for ${expected}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const watching = probes.map(watch);
parentPort?.once('message', async () => {
  stopped = true;
  await Promise.all(watching);
  agent.destroy();
  times.sort((a, b) => a - b);
  const share = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  const report: WatchReport = {
    responses: times.length,
    wrong,
    median: share(0.5),
    p99: share(0.99),
    slowest: share(1),
  };
  parentPort?.postMessage(report);
});
