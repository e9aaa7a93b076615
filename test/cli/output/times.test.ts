import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timesFor } from '../../../cli/ui/times.ts';
import { createToken } from '../../helpers/app/app.ts';
import { openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

const now = new Date('2027-03-02T14:08:00.000Z');
const at = '2027-03-02T14:05:07.000Z';
const write = async () => undefined;
const timesOf = (timeZone: string, isTTY = true) =>
  timesFor({ isTTY, columns: 80, write }, { now: () => now, timeZone });

describe('times on a terminal', () => {
  it.each([
    ['America/New_York', '2 Mar 2027, 09:05 UTC-05:00'],
    ['Asia/Kolkata', '2 Mar 2027, 19:35 UTC+05:30'],
    ['Pacific/Auckland', '3 Mar 2027, 03:05 UTC+13:00'],
    ['UTC', '2 Mar 2027, 14:05 UTC'],
  ])('are in the zone %s and name its offset', (zone, shown) => {
    const times = timesOf(zone);
    expect(times.exact(at)).toBe(shown);
    expect(times.past(at)).toBe(`${shown} (2 minutes ago)`);
    expect(times.toTheSecond(at)).toBe(shown.replace(':05 ', ':05:07 ').replace(':35 ', ':35:07 '));
  });

  it('name the offset that holds at that time, not now', () => {
    expect(timesOf('America/New_York').exact('2027-07-01T00:30:00Z')).toBe('30 Jun 2027, 20:30 UTC-04:00');
    expect(timesOf('Europe/London').exact('2027-09-01T23:30:00Z')).toBe('2 Sep 2027, 00:30 UTC+01:00');
  });

  it('show midnight as 00:00', () => {
    expect(timesOf('UTC').exact('2027-03-02T00:00:00Z')).toBe('2 Mar 2027, 00:00 UTC');
  });

  it('show an expiry as a date, with its distance within 30 days, and in a sentence within 7 days', () => {
    const times = timesOf('America/New_York');
    expect(times.expiry('2027-03-20T02:00:00Z')).toBe('19 Mar 2027 (in 17 days)');
    expect(times.expiry('2027-04-01T14:08:00Z')).toBe('1 Apr 2027 (in 30 days)');
    expect(times.expiry('2027-04-01T14:08:01Z')).toBe('1 Apr 2027');
    expect(times.expiry('2027-03-02T20:08:00Z')).toBe('2 Mar 2027 (in 6 hours)');
    expect(times.expiry('2027-03-02T14:07:00Z')).toBe('2 Mar 2027');
    expect(times.expiry(null)).toBe('never');
    expect(times.expiryDate('2027-03-20T02:00:00Z')).toBe('19 Mar 2027');
    expect(times.expiryInWords('2027-03-20T02:00:00Z')).toBe('on 19 March 2027');
    expect(times.expiryInWords('2027-03-09T14:08:01Z')).toBe('on 9 March 2027');
    expect(times.expiryInWords('2027-03-04T14:08:00Z')).toBe('on 4 March 2027 (in 2 days)');
    expect(times.expiryInWords(null)).toBe('never');
  });

  it.each(['Pacific/Kiritimati', 'Europe/Berlin', 'UTC', 'America/New_York'])(
    'show an expiry that was given as a date on that date in %s',
    (zone) => {
      const times = timesOf(zone);
      const endOfDay = '2027-12-05T23:59:59.999Z';
      expect(times.expiryInWords(endOfDay)).toBe('on 5 December 2027');
      expect([times.expiry(endOfDay), times.expiryDate(endOfDay)]).toEqual(['5 Dec 2027', '5 Dec 2027']);
    },
  );

  it('say how long ago something happened within 48 hours, and then its date', () => {
    const times = timesOf('America/New_York');
    expect(times.ago('2027-02-28T14:08:00Z')).toBe('2 days ago');
    expect(times.ago('2027-02-28T14:07:59Z')).toBe('28 Feb 2027');
    expect(times.fitAgo('2027-03-02T14:05:00Z', 13)).toBe('3 minutes ago');
    expect(times.fitAgo('2027-03-02T14:05:00Z', 12)).toBe('3m ago');
    expect(times.fitAgo('2027-02-01T02:00:00Z', 5)).toBe('31 Jan 2027');
  });
});

describe('times in a pipe', () => {
  it('are RFC 3339 in UTC in every zone', () => {
    const times = timesOf('America/New_York', false);
    expect([times.exact(at), times.toTheSecond(at), times.ago(at)]).toEqual([at, at, at]);
    expect(times.past(at)).toBe(`${at} (2 minutes ago)`);
    expect(times.expiry(at)).toBe(at);
    expect(times.expiryInWords(at)).toBe(`at ${at}`);
  });
});

describe('the commands', () => {
  let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
  let dev: Surroundings;
  beforeEach(async () => {
    cli = await openTestCliWithApp();
    dev = cli.as(cli.app.dev);
    await prepare();
  });
  afterEach(() => cli.close());

  /** Makes a token with every time that there is: two values, a pause with an end, a use and a denial. */
  async function prepare() {
    const { id } = await createToken(cli.app, cli.app.dev, { name: 'ci', expires_in: 90 * 86_400 });
    const request = { method: 'GET', target: '/builds', peer: '203.0.113.9', forwardedFor: null, userAgent: null };
    cli.app.services.deniedUses.record(id, 'path', { ...request, appId: null, wouldDeny: null });
    await cli.app.services.deniedUses.flush();
    for (const line of [
      ['rotate', 'ci', '--overlap', '2d'],
      ['pause', 'ci', '--for', '3d'],
      ['service-accounts', 'create', 'robot', '--maintainer', 'root@example.com'],
      ['apps', 'create', 'grafana'],
      ['clients', 'create', 'gateway'],
      ['webhooks', 'create', 'https://hooks.example.com/tokens', '--event', '*'],
      ['trusts', 'create', 'deploy', '-s', 'robot', '--github', 'acme/api', '--ref', 'main'],
    ]) {
      const actor = line[0] === 'rotate' || line[0] === 'pause' ? cli.app.dev : cli.app.root;
      expect((await cli.run(line, cli.as(actor))).code).toBe(0);
    }
    await createToken(cli.app, cli.app.dev, { name: 'old' });
    await cli.run(['revoke', 'old', '--yes'], dev);
  }

  const utc = /\d{4}-\d\d-\d\dT\d\d:\d\d/;
  const relative = /\b(?:ago|now)\b/;
  const reading: [role: 'dev' | 'root', argv: string[]][] = [
    ['dev', ['list']],
    ['dev', ['list', '--status', 'revoked']],
    ['dev', ['show', 'ci']],
    ['dev', ['show', 'old']],
    ['dev', ['usage', 'ci']],
    ['dev', ['whoami']],
    ['dev', ['status']],
    ['root', ['audit']],
    ['root', ['users', 'list']],
    ['root', ['apps', 'show', 'grafana']],
    ['root', ['clients', 'list']],
    ['root', ['service-accounts', 'list']],
    ['root', ['service-accounts', 'show', 'robot']],
    ['root', ['trusts', 'show', 'deploy']],
    ['root', ['webhooks', 'list']],
  ];

  it.each(reading)('show no time in UTC on a terminal elsewhere: %s runs %j', async (role, argv) => {
    const terminal = { ...cli.as(cli.app[role]), timeZone: 'Asia/Kolkata', columns: 400, stderrIsTTY: true };
    const { stdout, stderr } = await cli.run(argv, terminal);
    expect(stdout + stderr).not.toMatch(utc);
    for (const [offset] of (stdout + stderr).matchAll(/UTC[+-][\d:]+/g)) expect(offset).toBe('UTC+05:30');
  });

  it.each(reading)('show every time as RFC 3339 in a pipe: %s runs %j', async (role, argv) => {
    const { stdout } = await cli.run(argv, { ...cli.as(cli.app[role]), timeZone: 'Asia/Kolkata' });
    expect(stdout).not.toMatch(/UTC[+-]|\d [A-Z][a-z]+ \d{4}/);
    // A distance may follow a time in parentheses, and never stands in its place.
    expect(stdout.replaceAll(/\([^)]*\)/g, '')).not.toMatch(relative);
  });

  it('say in the zone of the terminal how long an old value works and a pause lasts', async () => {
    const terminal = { ...dev, timeZone: 'America/New_York', stderrIsTTY: true };
    const time = String.raw`\d+ \w{3} \d{4}, \d\d:\d\d UTC-0[45]:00`;
    await createToken(cli.app, cli.app.dev, { name: 'web' });
    const rotated = await cli.run(['rotate', 'web'], { ...terminal, columns: 80 });
    expect(rotated.stderr).toMatch(new RegExp(`works until ${time}\\. To end it earlier`));
    const again = await cli.run(['rotate', 'web'], terminal);
    expect(again.stderr).toMatch(new RegExp(`works until ${time}\\. End it with`));
    const edited = await cli.run(['edit', 'web', '--expires', '2030-07-01T01:00:00Z'], terminal);
    expect(edited.stderr).toContain('it expires on 30 June 2030.');
    const paused = await cli.run(['pause', 'web', '--until', '2030-07-01'], terminal);
    expect(paused.stderr).toContain('until 30 Jun 2030, 20:00 UTC-04:00.');
  });

  it('say how a token ended with the date of the terminal, and of UTC in a pipe', async () => {
    const { ended_at: ended } = JSON.parse((await cli.run(['show', 'old', '--json'], dev)).stdout);
    const dateIn = (timeZone: string) =>
      new Date(ended).toLocaleDateString('en-GB', { timeZone, day: 'numeric', month: 'long', year: 'numeric' });
    const farAhead = await cli.run(['show', 'old'], { ...dev, stderrIsTTY: true, timeZone: 'Pacific/Kiritimati' });
    expect(farAhead.stderr).toContain(`on ${dateIn('Pacific/Kiritimati')}.`);
    expect((await cli.run(['show', 'old'], dev)).stderr).toContain(`on ${dateIn('UTC')}.`);
  });
});
