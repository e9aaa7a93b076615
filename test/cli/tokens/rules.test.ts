import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken } from '../../helpers/app/app.ts';
import { onTerminal, openTestCliWithApp } from '../../helpers/cli/cli.ts';
import { addApp, noRules, rulesOf } from '../../http/tokens/rules/gate.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  await addApp(cli.app, 'grafana');
  await addApp(cli.app, 'immich', { groups: ['family'] });
});
afterEach(() => cli.close());

const run = (argv: string[]) => cli.run(argv, cli.as(cli.app.dev));
const show = async (): Promise<Token> => JSON.parse((await run(['show', 'ci', '--json'])).stdout);
const options = [
  ...['--app', 'grafana', '--app', 'immich', '--read-only', '--allow', 'GET,HEAD /api/**', '--allow', '* /login'],
  ...['--from', '203.0.113.0/24', '--from', '2001:db8::/32'],
];
const rules = {
  apps: ['grafana', 'immich'],
  read_only: true,
  allow: ['GET,HEAD /api/**', '* /login'],
  networks: ['203.0.113.0/24', '2001:db8::/32'],
  enforce: true,
};

describe('the rules of a token on the command line', () => {
  it('are set at creation, and shown by `show` and `list`', async () => {
    const created = await run(['create', 'ci', ...options, '--observe', '--json']);
    expect([created.code, rulesOf(JSON.parse(created.stdout))]).toEqual([0, { ...rules, enforce: false }]);
    const { stdout } = await run(['show', 'ci']);
    for (const line of [
      'App:\tgrafana\nApp:\timmich\n',
      'Methods:\tonly those that change nothing\n',
      'Allowed:\tGET,HEAD /api/**\nAllowed:\t* /login\n',
      'From:\t203.0.113.0/24\nFrom:\t2001:db8::/32\n',
      'Rules applied:\tno, they only count what they would deny\n',
    ]) {
      expect(stdout).toContain(line);
    }
    const [listed] = JSON.parse((await run(['list', '--json'])).stdout);
    expect(rulesOf(listed)).toEqual({ ...rules, enforce: false });
  });

  it('are set, replaced and removed by edits', async () => {
    await run(['create', 'ci']);
    expect((await run(['show', 'ci'])).stdout).not.toMatch(/App|Methods|Allowed|From|Rules/);
    const set = await run(['edit', 'ci', ...options]);
    expect(set).toMatchObject({ code: 0, stderr: expect.stringContaining(': it has new rules.') });
    expect(rulesOf(await show())).toEqual(rules);
    const replaced = await run(['edit', 'ci', '--app', 'grafana', '--observe']);
    expect(replaced.stderr).toContain('it has new rules, which are not applied');
    expect(rulesOf(await show())).toEqual({ ...rules, apps: ['grafana'], enforce: false });
    await run(['edit', 'ci', '--any-app', '--no-read-only', '--enforce']);
    expect(rulesOf(await show())).toEqual({ ...rules, apps: null, read_only: false });
    expect((await run(['edit', 'ci', '--allow-all', '--from-anywhere'])).stderr).toContain('it has no rules any more');
    expect(rulesOf(await show())).toEqual(noRules);
  });

  it('are refused if they contradict each other or cannot be used', async () => {
    await run(['create', 'ci']);
    for (const contradiction of [
      ['--app', 'grafana', '--any-app'],
      ['--allow', 'GET /', '--allow-all'],
      ['--from', '203.0.113.7', '--from-anywhere'],
      ['--observe', '--enforce'],
    ]) {
      expect((await run(['edit', 'ci', ...contradiction])).code).toBe(2);
    }
    const unknown = await run(['create', 'x', '--app', 'nowhere']);
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('There is no app "nowhere". Ask a superuser to add it.'),
    ]);
    const wrong = await run(['edit', 'ci', '--allow', 'GET /a*']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('“*” stands for a whole segment.')]);
    expect(rulesOf(await show())).toEqual(noRules);
  });

  it('say that no app is left', async () => {
    await createToken(cli.app, cli.app.dev, { name: 'ci', apps: [] });
    expect((await run(['show', 'ci'])).stdout).toContain('App:\tnone\n');
  });

  it('are those of a new token that `ensure` creates', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tokens-rules-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const out = join(directory, 'token');
    expect((await run(['ensure', 'ci', '--out', out, ...options])).code).toBe(0);
    expect(rulesOf(await show())).toEqual(rules);
  });

  it('let `ensure` create a token for an app whose tokens must expire sooner than by default', async () => {
    await addApp(cli.app, 'brief', { maxExpirySeconds: 864_000 });
    const directory = await mkdtemp(join(tmpdir(), 'tokens-rules-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    expect((await run(['ensure', 'ci', '--out', join(directory, 'token'), '--app', 'brief'])).code).toBe(0);
    expect(await show()).toMatchObject({ apps: ['brief'], lifetime: 864_000 });
  });
});

describe('tokens check with a request', () => {
  const check = async (body: object, argv: string[]) => {
    const { token } = await createToken(cli.app, cli.app.dev, { name: 'ci', ...body });
    return cli.run(['check', ...argv], { stdin: token });
  };

  it.each([
    ['app', ['--app', 'nowhere'], 'it may not be used for this app'],
    ['group', ['--app', 'immich'], "its owner is in none of the app's groups"],
    ['method', ['--method', 'DELETE'], 'its rules do not allow the method'],
    ['path', ['--method', 'GET', '--path', '/admin'], 'its rules do not allow the path'],
    ['network', ['--ip', '198.51.100.1'], "its rules do not allow the client's address"],
  ])('prints the deny reason %s and exits 4', async (reason, argv, why) => {
    const { code, stdout, stderr } = await check(rules, argv);
    expect([code, stdout]).toEqual([
      4,
      expect.stringMatching(new RegExp(`^${reason}\ttok_.{8}\tci\tdev@example.com\n$`)),
    ]);
    expect(stderr).toContain(`The token works, but not for this request (${reason}): ${why}`);
  });

  it('exits 0 if the rules allow the request', async () => {
    const argv = ['--app', 'grafana', '--method', 'GET', '--path', '/api/x?y=1', '--ip', '203.0.113.9', '--json'];
    const { code, stdout } = await check(rules, argv);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { valid: true, reason: null, would_deny: null }]);
    expect(JSON.parse(stdout).token).not.toHaveProperty('decision');
  });

  it('prints the reason as JSON, with the token', async () => {
    const { code, stdout } = await check(rules, ['--method', 'PUT', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([4, { valid: false, reason: 'method', token: { name: 'ci' } }]);
  });

  it('exits 0 and says what rules that are not applied would deny', async () => {
    const { code, stdout, stderr } = await check({ ...rules, enforce: false }, ['--method', 'PUT']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^active\t/)]);
    expect(stderr).toContain('allowed only because the rules are not applied (method)');
  });

  it('exits 2 for a request that cannot exist, and with --offline', async () => {
    expect((await check(rules, ['--ip', 'localhost'])).code).toBe(2);
    expect((await cli.run(['check', '--offline', '--app', 'grafana'], { stdin: 'x' })).code).toBe(2);
  });
});
