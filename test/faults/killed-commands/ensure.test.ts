import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome } from '../../helpers/cli/home.ts';
import { type Client, signIn, verify } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { bareEnvironment, programCommand, runProgram } from '../../helpers/daemon/process.ts';
import { isFullLength } from '../../helpers/length.ts';

/** Points at which the program is killed, in the last third of its awaits. At full length, it is killed at every await. */
const maxPoints = isFullLength ? null : 12;
const lifetime = 2 * 86_400;
/** Shared by all kinds, because the daemon refuses many creations at once on a busy machine. */
const making = pLimit(3);
const hook = join(import.meta.dirname, '..', '..', 'helpers', 'faults', 'kill-at-await.cjs');

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;
let root: Client;
let directory: string;

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  // At full length, there are more than a thousand places.
  daemon = await startDaemon(prepared.dataDir, { TOKENSD_MAX_TOKENS_PER_USER: '10000' });
  root = await signIn(daemon.url, superuser);
  directory = await mkdtemp(join(tmpdir(), 'tokens-kill-'));
});
afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove(), rm(directory, { recursive: true })]);
});

interface Place {
  name: string;
  file: string;
  /** Whether the command has a session. */
  signedIn: boolean;
}

/** Due at once, and yet shorter than the lifetime. */
const argsFor = ({ name, file }: Place) => {
  const due = ['--expires', `${lifetime}s`, '--renew-before', `${lifetime - 1}s`, '--self-rotate'];
  return ['ensure', name, '--out', file, ...due];
};
const environment = ({ signedIn }: Place): Record<string, string> => ({
  ...home.env,
  TOKENS_SERVER: daemon.url,
  ...(signedIn && { TOKENS_SESSION: root.session }),
});
const valueIn = async ({ file }: Place) => (existsSync(file) ? (await readFile(file, 'utf8')).trimEnd() : null);
const ensure = (place: Place) => runProgram('tokens', argsFor(place), { env: environment(place) });

/** Runs the command until its `killAt`-th await. Returns whether it was killed. */
async function killedAt(place: Place, killAt: number, countFile = ''): Promise<boolean> {
  const [node, ...args] = programCommand('tokens', argsFor(place));
  const env = { ...environment(place), KILL_AT: String(killAt), COUNT_FILE: countFile };
  const child = spawn(node, ['--require', hook, ...args], { env: bareEnvironment(env), stdio: 'ignore' });
  const [, signal] = await once(child, 'close');
  return signal === 'SIGKILL';
}

/** Makes a token whose value is in a file, or the path of a file that does not exist yet. */
async function makePlace(name: string, { signedIn = true, exists = true }): Promise<Place> {
  await mkdir(join(directory, name));
  const place = { name, file: join(directory, name, 'token'), signedIn };
  if (!exists) return place;
  const { token } = await root.createToken(name, { expires_in: lifetime, self_rotate: true });
  await writeFile(place.file, `${token}\n`, { mode: 0o600 });
  return place;
}

function pointsOf(awaits: number): number[] {
  if (maxPoints === null) return Array.from({ length: awaits }, (_, index) => index + 1);
  const step = Math.max(1, awaits / 3 / maxPoints);
  const points = Array.from({ length: maxPoints }, (_, index) => Math.floor(awaits - index * step));
  return [...new Set(points)];
}

const kinds: [string, { signedIn?: boolean; exists?: boolean }][] = [
  ['rotates with a session', {}],
  ['rotates the token by itself', { signedIn: false }],
  ['creates the token', { exists: false }],
];

describe('tokens ensure, killed at any step,', () => {
  it.concurrent.each(kinds)(
    'leaves a value that works, and goes on in the next run: %s',
    async (what, kind) => {
      const slug = what.replaceAll(' ', '-');
      const counted = await makePlace(`${slug}-0`, kind);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const countFile = join(directory, `${slug}.count`);
      await killedAt(counted, 0, countFile);
      const awaits = Number(await readFile(countFile, 'utf8'));
      expect(awaits).toBeGreaterThan(50);

      const points = pointsOf(awaits);
      const places = await Promise.all(points.map((point) => making(() => makePlace(`${slug}-${point}`, kind))));
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const limit = pLimit(3);
      const killed = await Promise.all(places.map((place, index) => limit(() => killedAt(place, points[index] ?? 0))));
      expect(killed.filter(Boolean).length).toBeGreaterThan(points.length / 2);
      for (const place of places) {
        const value = await valueIn(place);
        if (value === null) expect(kind.exists).toBe(false);
        else expect((await verify(daemon.url, value)).status, `${place.name}: ${value}`).toBe(200);
      }
      // Without a session, the old value may rotate the token again only after a minute.
      if (kind.signedIn === false) return;
      // Many at once, because each waits for the lock of the process that was killed.
      const finishing = pLimit(8);
      const finished = await Promise.all(places.map((place) => finishing(() => ensure(place))));
      expect(finished.filter(({ code }) => code !== 0)).toEqual([]);
      for (const place of places) expect((await verify(daemon.url, (await valueIn(place)) ?? '')).status).toBe(200);
    },
    isFullLength ? 3_600_000 : 300_000,
  );
});
