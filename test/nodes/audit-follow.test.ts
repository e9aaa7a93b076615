import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import { addDeveloper, type Client } from '../helpers/daemon/api.ts';
import { freePort } from '../helpers/daemon/daemon.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { eventually, startProgram } from '../helpers/daemon/process.ts';
import { isFullLength } from '../helpers/length.ts';

const writers = 8;
const perWriter = (isFullLength ? 50_000 : 4_000) / writers;

const nodes = useNodes('embedded', 2);
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

interface Follower {
  events: AuditEvent[];
  stderr(): string;
  /** Sends the signal, and returns the exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `tokens audit --follow --json` at a daemon, and returns once it follows. */
async function follow(url: string, { session, request }: Client): Promise<Follower> {
  const args = ['audit', '--follow', '--json', '--server', url];
  const child = startProgram('tokens', args, { TOKENS_SESSION: session, TOKENS_CONFIG_DIR: '/nonexistent' });
  running.push(child);
  const events: AuditEvent[] = [];
  let [rest, stderr] = ['', ''];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.map((line) => JSON.parse(line) as AuditEvent));
  });
  for (let number = 0; events.length === 0; number += 1) {
    if (child.exitCode !== null) throw new Error(stderr);
    await request('POST', '/tokens', { name: `marker-${child.pid}-${number}` });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return {
    events,
    stderr: () => stderr,
    async stop(signal) {
      child.kill(signal);
      const [code] = await once(child, 'close');
      return code;
    },
  };
}

/** The events of the writers: the number of the writer, and that of its change. */
function changesIn(events: readonly AuditEvent[]): Array<[writer: string, change: number]> {
  return events.flatMap(({ target, changes }) => {
    const to = changes?.find(({ field }) => field === 'description')?.to;
    return typeof to === 'string' && target.name !== null ? [[target.name, Number(to)] as [string, number]] : [];
  });
}

it('follows eight writers at two daemons without a gap or a repetition, while a third daemon is killed', async () => {
  const { daemons, root, start } = nodes();
  const port = await freePort();
  const listen = { TOKENSD_LISTEN: `127.0.0.1:${port}` };
  const third = await start(listen);
  const urls = daemons.map(({ url }) => url);
  const followers = await Promise.all([...urls, third.url].map((url) => follow(url, root)));
  const ended: number[] = [];
  const write = async (writer: number) => {
    const dev = await addDeveloper(urls[writer % 2] ?? '', root, `writer-${writer}@example.com`);
    const { id } = await dev.createToken(`writer-${writer}`);
    for (let change = 0; change < perWriter; change += 1) {
      // Under load, the database may not respond in time. A change that was saved all the same is no change the next time.
      await eventually(
        async () => (await dev.request('PATCH', `/tokens/${id}`, { description: String(change) })).status === 200,
        'a change',
      );
    }
    ended.push(writer);
  };
  const kill = async () => {
    const half = (writers * perWriter) / 2;
    await eventually(() => changesIn(followers[2]?.events ?? []).length > half / 2, 'some events', 1_800_000);
    await third.stop('SIGKILL');
    await eventually(() => changesIn(followers[0]?.events ?? []).length > half, 'half of the events', 1_800_000);
    await start(listen);
  };
  await Promise.all([kill(), ...Array.from({ length: writers }, (_, writer) => write(writer))]);
  expect(ended).toHaveLength(writers);
  for (const [index, { events, stop, stderr }] of followers.entries()) {
    await eventually(() => changesIn(events).length >= writers * perWriter, 'every event', 60_000);
    // Time for an event that comes twice.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    for (let writer = 0; writer < writers; writer += 1) {
      const changes = changesIn(events).flatMap(([name, change]) => (name === `writer-${writer}` ? [change] : []));
      expect(changes).toEqual(Array.from({ length: perWriter }, (_, change) => change));
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(stderr() === '').toBe(index < 2);
    expect(await stop(index === 0 ? 'SIGINT' : 'SIGTERM')).toBe(0);
  }
}, 3_600_000);
