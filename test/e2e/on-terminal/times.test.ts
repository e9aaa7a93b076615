import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome } from '../../helpers/cli/home.ts';
import { linesOf, startOnTerminal } from '../../helpers/cli/terminal.ts';
import { type Client, signIn } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

const hasTerminal = hasRealParts('script', 'stty');

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let home: Home;
let root: Client;

beforeAll(async () => {
  [prepared, home] = await Promise.all([prepareDaemon(), makeHome()]);
  daemon = await startDaemon(prepared.dataDir);
  root = await signIn(daemon.url, superuser);
  await root.createToken('ci');
});

afterAll(async () => {
  await daemon.stop();
  await Promise.all([prepared.remove(), home.remove()]);
});

const inZone = (zone: string) => ({
  ...home.env,
  TZ: zone,
  TOKENS_SERVER: daemon.url,
  TOKENS_SESSION: root.session,
  TOKENS_CREDENTIAL_STORE: 'file',
});

/** Returns the creation of the token as JSON has it. */
async function createdAt(): Promise<string> {
  const ran = await runProgram('tokens', ['show', 'ci', '--json'], { env: inZone('UTC') });
  return JSON.parse(ran.stdout).created_at;
}

/** Returns what a clock on the wall shows, by another way than the program. */
function wallClock(time: string, offsetMinutes: number): string {
  return new Date(Date.parse(time) + offsetMinutes * 60_000).toISOString().slice(11, 16);
}

// In November, New York is on its winter time. In summer, the test allows for it.
const zones = [
  ['America/New_York', [-300, -240], /UTC-0[45]:00/],
  ['Asia/Kolkata', [330], /UTC\+05:30/],
  ['UTC', [0], /UTC \(/],
] as const;

describe.skipIf(!hasTerminal)('the built program', () => {
  it.each(zones)('shows times on a terminal in the zone %s, and names its offset', async (zone, offsets, named) => {
    const { screen, code } = await startOnTerminal(['show', 'ci'], { env: inZone(zone), columns: 120 }).ended();
    expect(code).toBe(0);
    const created = linesOf(screen).find((line) => line.startsWith('Created:')) ?? '';
    const clocks = await Promise.all(offsets.map(async (offset) => wallClock(await createdAt(), offset)));
    expect(clocks).toContain(/, (\d\d:\d\d) /.exec(created)?.[1]);
    expect(created).toMatch(named);
    expect(created).toMatch(/ago\)|now\)/);
  });

  it.each(zones)('prints RFC 3339 in UTC in a pipe in the zone %s, as in JSON', async (zone) => {
    const env = inZone(zone);
    const created = await createdAt();
    const shown = await runProgram('tokens', ['show', 'ci'], { env });
    expect(shown.stdout).toContain(`Created:\t${created} (`);
    const listed = await runProgram('tokens', ['list'], { env });
    expect(listed.stdout).toContain(`\t${created}\t`);
    expect(listed.stderr).toBe('');
    // Only standard output is a pipe here. The time of a confirmation follows standard error, which is the terminal.
    const { screen } = await startOnTerminal(['show', 'ci'], { env, redirect: '| cat' }).ended();
    expect(screen).toContain(`Created:\t${created} (`);
  });

  it('follows standard error in sentences, also if standard output is a pipe', async () => {
    const pause = ['pause', 'ci', '--until', '2040-07-01'];
    const env = inZone('Asia/Kolkata');
    const { screen } = await startOnTerminal(pause, { env, redirect: '| cat', columns: 120 }).ended();
    expect(screen).toContain('until 1 Jul 2040, 05:30 UTC+05:30.');
  });

  it('shows dates of the zone for expiries', async () => {
    const env = inZone('America/New_York');
    const made = await startOnTerminal(['create', 'dated', '--expires', '2040-07-02T01:00:00Z'], { env }).ended();
    expect(made.screen).toContain('It expires on 1 July 2040.');
    const shown = await startOnTerminal(['show', 'dated'], { env }).ended();
    expect(shown.screen).toMatch(/Expires: +1 Jul 2040\r?$/m);
  });
});
