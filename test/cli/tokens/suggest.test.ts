import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf } from '../../helpers/app/app.ts';
import { onTerminal, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';
import { addApp, noRules, rulesOf } from '../../http/tokens/rules/gate.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let id: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  dev = cli.as(cli.app.dev);
  id = (await createToken(cli.app, cli.app.dev, { name: 'ci' })).id;
});
afterEach(() => cli.close());

const rules = {
  apps: ['wiki'],
  read_only: true,
  allow: ['GET /pages/*', 'GET,HEAD /status'],
  networks: ['203.0.113.0/24'],
};

/** Uses the token: 30 times for the app “wiki”. */
async function use(changes: { forwardedFor?: string | null } = {}): Promise<void> {
  const { services, clock } = cli.app;
  const appId = await addApp(cli.app, 'wiki');
  const request = {
    peer: '127.0.0.1',
    forwardedFor: '203.0.113.9',
    userAgent: null,
    appId,
    wouldDeny: null,
    ...changes,
  };
  const uses = [
    { method: 'GET', target: '/pages/7', uses: 20 },
    { method: 'GET', target: '/status', uses: 7 },
    { method: 'HEAD', target: '/status', uses: 3 },
  ];
  for (const { uses: count, ...each } of uses) {
    services.useCounter.allowed(id, clock.now(), { ...request, ...each }, count, clock.now());
  }
  await services.recordUsage.flush();
}

const present = async () => rulesOf(await jsonOf<Token>(cli.app.ask(`/api/v1/tokens/${id}`, { as: cli.app.dev })));

it('prints the rules, how many uses each covers, and the command that sets them', async () => {
  await use();
  const { stdout, stderr, code } = await cli.run(['suggest', 'ci'], dev);
  expect(code).toBe(0);
  const command = `tokens edit ci --app wiki --read-only --allow 'GET /pages/*' --allow 'GET,HEAD /status' --from 203.0.113.0/24`;
  expect(stdout.split('\n')).toEqual([
    'OPTION\tRULE\tUSES',
    '--app\twiki\t30',
    '--read-only\t\t30',
    '--allow\tGET /pages/*\t20',
    '--allow\tGET,HEAD /status\t10',
    '--from\t203.0.113.0/24\t30',
    command,
    '',
  ]);
  expect(stderr).toContain('To set these rules:');
  expect(await present()).toEqual(noRules);

  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  expect((await cli.run(words.slice(1), dev)).code).toBe(0);
  expect(await present()).toEqual({ ...noRules, ...rules });
});

it('sets the rules with --apply, and keeps those that it does not suggest', async () => {
  await use({ forwardedFor: null });
  await cli.run(['edit', 'ci', '--from', '2001:db8::/32'], dev);
  const { stdout, stderr, code } = await cli.run(['suggest', 'ci', '--apply'], dev);
  expect(code).toBe(0);
  expect(stdout).not.toContain('tokens edit');
  expect(stderr).toContain("No rule for networks: the proxy did not send the client's address of some requests.");
  expect(await present()).toEqual({ ...rules, networks: ['2001:db8::/32'], enforce: true });
});

it('replaces rules that are only observed, because they could deny a recorded use', async () => {
  await use({ forwardedFor: null });
  const [wiki] = await cli.app.store.apps.list({ limit: 1, before: null });
  await cli.app.store.apps.edit(wiki?.id ?? '', { maxExpirySeconds: 86_400, changedAt: cli.app.clock.now() });
  await cli.run(['edit', 'ci', '--from', '2001:db8::/32', '--observe'], dev);
  const { stdout } = await cli.run(['suggest', 'ci'], dev);
  expect(stdout).toContain("--allow 'GET,HEAD /status' --from-anywhere\n");
  const { stderr, code } = await cli.run(['suggest', 'ci', '--apply'], dev);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^Set these rules of ci \(tok_\w{8}\): it expires on \d+ \w+ \d{4} \(in 1 day\)\.$/m);
  expect(stderr).toContain('They deny nothing yet. To enforce them: tokens edit ci --enforce');
  expect(await present()).toEqual({ ...rules, networks: null, enforce: false });
});

it('prints the object of the API with --json', async () => {
  await use();
  const { stdout, stderr } = await cli.run(['suggest', 'ci', '--json'], dev);
  expect(JSON.parse(stdout)).toMatchObject({ ...rules, uses: 30, omitted: [] });
  expect(stderr).toBe('');
});

it('needs 20 uses, unless it is forced', async () => {
  expect(await cli.run(['suggest', 'ci', '--json'], dev)).toMatchObject({ code: 5 });
  const { code, stdout, stderr } = await cli.run(['suggest', 'ci', '--force', '--apply'], dev);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('The recorded uses suggest no rule.');
  expect(stderr).toContain('Nothing was changed.');
  expect(await present()).toEqual(noRules);
});

it('shows a superuser a suggestion for the token of another member', async () => {
  await use();
  const { stdout } = await cli.run(['suggest', 'ci', '--user', 'dev@example.com', '--json'], cli.as(cli.app.root));
  expect(JSON.parse(stdout)).toMatchObject(rules);
});

it.each(['0', '401', 'many'])('rejects a period of “%s” days', async (days) => {
  const { code, stderr } = await cli.run(['suggest', 'ci', `--days=${days}`], dev);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--days must be a whole number from 1 to 400.')]);
});
