import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { addDeveloper, signIn, verify } from '../daemon/api.ts';
import { type Daemon, startDaemon, superuser } from '../daemon/daemon.ts';
import { watchMemory } from '../faults/raw-clients.ts';

export interface FloodShape {
  connections: number;
  /** How many requests each connection keeps outstanding. */
  depth: number;
  /** Complete messages as latin1, sent in turn. */
  requests: string[];
  /** Opens a new connection for each request. */
  churn?: boolean;
  /** Milliseconds between two bytes of the body. */
  drip?: number;
  /** The addresses from which the connections come, in turn. */
  from?: string[];
}

export interface FloodReport {
  /** The number of responses by status. */
  responses: Record<string, number>;
  sentBytes: number;
  opened: number;
  seconds: number;
}

export interface Probes {
  port: number;
  token: string;
  session: string;
  /** The address from which readiness and the member's profile are requested. */
  memberAddress: string;
}

interface Latencies {
  count: number;
  /** The number of responses by status, or by error code if there was none. */
  statuses: Record<string, number>;
  /** Milliseconds. */
  p50: number;
  p99: number;
  slowest: number;
}

export interface ProbeReport {
  verification: Latencies;
  ready: Latencies;
  member: Latencies;
}

export interface FloodPrograms {
  flood: string;
  probe: string;
  remove(): Promise<void>;
}

/** Compiles the two programs. They run in processes of their own, so that a busy test does not make the daemon look slow. */
export async function buildFloodPrograms(): Promise<FloodPrograms> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-floods-'));
  const compile = async (name: string) => {
    const outfile = join(directory, `${name}.mjs`);
    const entry = join(import.meta.dirname, `${name}-program.ts`);
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' });
    return outfile;
  };
  const [flood, probe] = await Promise.all([compile('flood'), compile('probe')]);
  return { flood, probe, remove: () => rm(directory, { recursive: true }) };
}

export interface Measured extends ProbeReport {
  flood: FloodReport;
  /** Resident memory of the daemon in MB. */
  memoryBefore: number;
  memoryMax: number;
}

/** Floods a daemon for `seconds` while another process probes it. */
export async function measureFlood(
  programs: FloodPrograms,
  daemon: Pick<Daemon, 'url' | 'pid'>,
  shape: FloodShape,
  probes: Omit<Probes, 'port'>,
  seconds: number,
): Promise<Measured> {
  const port = Number(new URL(daemon.url).port);
  const memory = watchMemory(daemon.pid);
  const memoryBefore = memory.stop();
  const watched = watchMemory(daemon.pid);
  const flood = run<FloodReport>(programs.flood, { ...shape, port });
  await pause(500);
  const probe = run<ProbeReport>(programs.probe, { ...probes, port });
  await pause(seconds * 1000);
  const probed = await probe.stop();
  return { ...probed, flood: await flood.stop(), memoryBefore, memoryMax: watched.stop() };
}

function run<T>(program: string, argument: object): { child: ChildProcess; stop(): Promise<T> } {
  const child = spawn(process.execPath, [program, JSON.stringify(argument)], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  return {
    child,
    async stop() {
      child.stdin?.end();
      await closed;
      return JSON.parse(text) as T;
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface FloodTarget {
  daemon: Daemon;
  probes: Omit<Probes, 'port'>;
}

const warmUpRounds = 100;

/** Starts a daemon with a member, a token and a session, from which the probes come. */
export async function startFloodTarget(dataDir: string, env: Record<string, string> = {}): Promise<FloodTarget> {
  const daemon = await startDaemon(dataDir, { TOKENSD_LOG_LEVEL: 'info', ...env });
  const root = await signIn(daemon.url, superuser);
  const member = await addDeveloper(daemon.url, root);
  const { token } = await member.createToken('probe');
  // Requests take several times as long until their code is compiled.
  for (let number = 0; number < warmUpRounds; number += 1) {
    const responses = ['/login', '/healthz', '/readyz', '/password/reset'].map((path) => fetch(`${daemon.url}${path}`));
    const requests = [member.request('GET', '/me'), verify(daemon.url, token), ...responses];
    for (const response of await Promise.all(requests)) await response.arrayBuffer();
  }
  return { daemon, probes: { token, session: member.session, memberAddress: '127.0.0.2' } };
}
