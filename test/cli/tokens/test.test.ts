import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
  await createToken(cli.app, cli.app.dev, { name: 'ci', allow: ['GET /api/**'], networks: ['203.0.113.0/24'] });
});
afterEach(() => cli.close());

const run = (...more: string[]) => cli.run(['test', 'ci', ...more], dev);

it('prints the verdict and the rule that decides, and exits with 0 or 4', async () => {
  const allowed = await run('--method', 'GET', '--path', '/api/builds', '--ip', '203.0.113.9');
  expect(allowed).toMatchObject({ code: 0, stdout: 'Verdict:\tallow\nRule:\tAllowed: GET /api/**\n', stderr: '' });
  const denied = await run('--method', 'GET', '--path', '/api/builds', '--ip', '198.51.100.7');
  expect(denied).toMatchObject({ code: 4, stdout: 'Verdict:\tdeny\nReason:\tnetwork\nRule:\tFrom: 203.0.113.0/24\n' });
  expect(denied.stderr).toContain('not for this request (network)');
});

it('prints what the verdict depends on, and what was not checked', async () => {
  const { code, stdout } = await run('--method', 'GET', '--path', '/api/builds');
  expect(code).toBe(0);
  expect(stdout).toBe(
    'Verdict:\tconditional\nAllowed if:\tit comes from a network that the token may be used from\nRule:\tAllowed: GET /api/**\nNot checked:\tNetworks\n',
  );
  const { stdout: json } = await run('--method', 'GET', '--path', '/api/builds', '--json');
  expect(JSON.parse(json)).toMatchObject({ verdict: 'conditional', not_checked: ['network'] });
});

it('prints the object of the API with --json', async () => {
  const { code, stdout } = await run('--method', 'POST', '--path', '/api/builds', '--json');
  expect(code).toBe(4);
  expect(JSON.parse(stdout)).toEqual({
    ...{ verdict: 'deny', deny_reason: 'method', would_deny: null },
    ...{ rule: 'Allowed: GET /api/**', not_checked: [] },
  });
});

it('names the status of a token that does not work', async () => {
  await cli.run(['pause', 'ci'], dev);
  const { code, stdout, stderr } = await run('--method', 'GET', '--path', '/api/builds');
  expect([code, stdout]).toEqual([4, 'Verdict:\tdeny\nReason:\tpaused\nRule:\tStatus: paused\n']);
  expect(stderr).toContain('The token does not work: paused.');
});

it('names the rule that would deny the request, if the rules are not applied', async () => {
  const rules = { allow: ['GET /api/**'], networks: ['203.0.113.0/24'], enforce: false };
  await createToken(cli.app, cli.app.dev, { name: 'recorded', ...rules });
  const request = ['--method', 'GET', '--path', '/api/builds', '--ip', '198.51.100.7'];
  const { code, stdout } = await cli.run(['test', 'recorded', ...request], dev);
  expect([code, stdout]).toEqual([
    0,
    'Verdict:\tallow\nWould be denied:\tnetwork\nDenying rule:\tFrom: 203.0.113.0/24\n',
  ]);
});

it('needs a method and a path', async () => {
  expect((await run('--method', 'GET')).code).toBe(2);
  expect((await run('--path', '/')).code).toBe(2);
});

it('says that there is no such app, and suggests a close one', async () => {
  const app = ['apps', 'create', 'grafana', '--url', 'https://grafana.example.com'];
  expect(await cli.run(app, cli.as(cli.app.root))).toMatchObject({ code: 0 });
  const request = ['--method', 'GET', '--path', '/api/builds'];
  const { code, stderr } = await run(...request, '--app', 'grafan');
  expect([code, stderr]).toEqual([
    4,
    expect.stringContaining('(app): there is no app "grafan". Did you mean grafana?'),
  ]);
});
