import stringWidth from 'string-width';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sparkline } from '../../../cli/ui/usage/sparkline.ts';
import type { Usage } from '../../../shared/schemas/tokens/usage.ts';
import { createToken } from '../../helpers/app/app.ts';
import { onTerminal, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let id: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  dev = cli.as(cli.app.dev);
  id = (await createToken(cli.app, cli.app.dev, { name: 'ci' })).id;
});
afterEach(() => cli.close());

/** Uses the token: route number n has n uses. */
async function use(routes: number): Promise<void> {
  const { services, clock } = cli.app;
  for (let route = 1; route <= routes; route += 1) {
    const request = {
      method: 'GET',
      target: `/route-${route}-`,
      peer: '203.0.113.9',
      forwardedFor: null,
      appId: null,
      wouldDeny: null,
    };
    for (let count = 0; count < route; count += 1) {
      services.useCounter.allowed(id, clock.now(), { ...request, userAgent: 'curl/8.5.0' });
    }
  }
  services.useCounter.denied(id, clock.now(), 'paused');
  await services.recordUsage.flush();
}

it('prints totals, one bar for each day, and the ten most frequent routes, networks and agents', async () => {
  await use(12);
  const at = new Date(cli.app.clock.now()).toISOString();
  const { stdout, code } = await cli.run(['usage', 'ci', '--days', '3'], dev);
  expect(code).toBe(0);
  const routes = Array.from({ length: 10 }, (_, index) => `GET /route-${12 - index}-\t${12 - index}\t${at}\t${at}`);
  expect(stdout.split('\n')).toEqual([
    'Token:\tci',
    'Period:\t2026-11-21 to 2026-11-23 (UTC)',
    'Allowed:\t78',
    'Denied:\t1 (1 paused)',
    'Per day:\t▁▁█',
    '',
    'ROUTE\tUSES\tFIRST USED\tLAST USED',
    ...routes,
    '',
    'NETWORK\tUSES\tFIRST USED\tLAST USED',
    `203.0.113.0/24\t78\t${at}\t${at}`,
    '',
    'USER AGENT\tUSES\tFIRST USED\tLAST USED',
    `curl/8.5.0\t78\t${at}\t${at}`,
    '',
  ]);
});

it('says that uses of the last minute may be missing if there are none', async () => {
  expect((await cli.run(['usage', 'ci'], dev)).stderr).toContain('Uses of the last minute may be missing.');
  expect((await cli.run(['usage', 'ci', '--json'], dev)).stderr).toBe('');
});

it('prints the object of the API with --json, with every route', async () => {
  await use(12);
  const usage: Usage = JSON.parse((await cli.run(['usage', 'ci', '--json'], dev)).stdout);
  expect(usage.days).toHaveLength(30);
  expect(usage.routes).toHaveLength(12);
  expect(usage.denied).toEqual({ paused: 1 });
});

it('shows a superuser the usage of another member, and a token without uses', async () => {
  const { stdout } = await cli.run(['usage', 'ci', '--user', 'dev@example.com'], cli.as(cli.app.root));
  expect(stdout).toContain('Allowed:\t0\nDenied:\t0\nPer day:\t▁▁▁▁');
  expect(stdout).not.toContain('ROUTE');
});

it.each([120, 80, 40, 20])('prints no line wider than a terminal of %i columns', async (columns) => {
  await use(3);
  const { stdout } = await cli.run(['usage', 'ci', '--days', '400', '--no-color'], { ...dev, columns });
  const bars = stdout.split('\n').filter((line) => /[▁█]/.test(line) || line.includes('/route'));
  expect(bars.length).toBeGreaterThan(3);
  for (const line of bars) expect(stringWidth(line)).toBeLessThanOrEqual(Math.max(columns, 21));
});

it.each(['0', '401', '1.5', 'many', '-1', ''])('rejects a period of “%s” days', async (days) => {
  const { code, stderr } = await cli.run(['usage', 'ci', `--days=${days}`], dev);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--days must be a whole number from 1 to 400.')]);
});

it.each<[number[], number, string]>([
  [[0, 1, 7], 60, '▁▂█'],
  [[0, 0], 60, '▁▁'],
  [[1, 1, 1, 1, 4], 2, '▆█'],
  [[5], 1, '█'],
])('draws %j in %i columns', (numbers, room, line) => {
  expect(sparkline(numbers, room)).toBe(line);
});

it('creates a token that sends no mail about new networks', async () => {
  const { stdout } = await cli.run(['create', 'quiet', '--quiet-networks', '--json'], dev);
  expect(JSON.parse(stdout)).toMatchObject({ quiet_networks: true });
  expect((await cli.app.store.tokens.findById(id))?.quietNetworks).toBe(false);
});
