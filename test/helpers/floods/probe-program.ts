import { Agent, request } from 'node:http';
import process from 'node:process';
import type { ProbeReport, Probes } from './floods.ts';

/**
 * Verifies a token repeatedly: on three connections of its own, and on a new connection each time. Requests readiness and the
 * member's own profile from another address twice a second. Prints a report when stdin ends.
 */
const { port, token, session, memberAddress } = JSON.parse(process.argv[2] ?? '{}') as Probes;
const pauseMs = 5;
const giveUpMs = 12_000;
let stopped = false;

interface Probe {
  path: string;
  authorization?: string;
  agent: Agent | false;
  localAddress?: string;
  pauseMs: number;
}

interface Answers {
  times: number[];
  statuses: Record<string, number>;
}

function ask({ path, authorization, agent, localAddress }: Probe): Promise<string> {
  return new Promise((resolve) => {
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    const target = { host: '127.0.0.1', port, path, headers, agent, ...(localAddress && { localAddress }) };
    const asked = request(target, (response) => {
      response.resume().on('end', () => resolve(String(response.statusCode)));
    });
    asked.setTimeout(giveUpMs, () => {
      resolve('no response');
      asked.destroy();
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

async function repeat(probe: Probe): Promise<Answers> {
  const answers: Answers = { times: [], statuses: {} };
  while (!stopped) {
    const began = performance.now();
    const status = await ask(probe);
    answers.times.push(performance.now() - began);
    answers.statuses[status] = (answers.statuses[status] ?? 0) + 1;
    await new Promise((resolve) => setTimeout(resolve, probe.pauseMs));
  }
  return answers;
}

function summarize(all: Answers[]): ProbeReport['verification'] {
  const times = all.flatMap((answers) => answers.times).sort((a, b) => a - b);
  const statuses: Record<string, number> = {};
  for (const answers of all) {
    for (const [status, count] of Object.entries(answers.statuses)) statuses[status] = (statuses[status] ?? 0) + count;
  }
  const share = (part: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0);
  return { count: times.length, statuses, p50: share(0.5), p99: share(0.99), slowest: share(1) };
}

const keepAlive = () => new Agent({ keepAlive: true, maxSockets: 1 });
const verify = { path: '/verify/forward-auth', authorization: `Token ${token}`, pauseMs };
const verifying = Promise.all([
  ...Array.from({ length: 3 }, () => repeat({ ...verify, agent: keepAlive() })),
  repeat({ ...verify, agent: false }),
]);
const elsewhere = { localAddress: memberAddress, pauseMs: 500 };
const ready = repeat({ path: '/readyz', agent: keepAlive(), ...elsewhere });
const member = repeat({ path: '/api/v1/me', authorization: `Bearer ${session}`, agent: keepAlive(), ...elsewhere });

process.stdin.resume().on('end', async () => {
  stopped = true;
  const report: ProbeReport = {
    verification: summarize(await verifying),
    ready: summarize([await ready]),
    member: summarize([await member]),
  };
  process.stdout.write(JSON.stringify(report), () => process.exit(0));
});
