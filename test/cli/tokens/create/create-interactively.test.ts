import { afterEach, beforeEach, expect, it } from 'vitest';
import { storeKey, storeServiceAccount } from '../../../helpers/app/management-key.ts';
import { createServiceAccount } from '../../../helpers/app/service-accounts.ts';
import { cancel, openTestCliWithApp, type Surroundings } from '../../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, { env: { NO_COLOR: '1' } });
});
afterEach(() => cli.close());

const create = (args: string[], answers?: Surroundings['answers']) =>
  cli.run(['create', ...args], { ...(answers && { answers }), env: { TOKENS_SESSION: cli.app.dev.session } });

async function addApp(name: string) {
  const env = { TOKENS_SESSION: cli.app.root.session };
  expect(await cli.run(['apps', 'create', name], { env })).toMatchObject({ code: 0 });
}

async function show(name: string) {
  const { stdout } = await cli.run(['show', name, '--json'], { env: { TOKENS_SESSION: cli.app.dev.session } });
  return JSON.parse(stdout);
}

it('asks for name, expiry and app, and prints the command that asks nothing', async () => {
  await addApp('grafana');
  const ran = await create([], ['nightly backup', '30d', 'grafana']);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toMatch(/^tok_\w+\n$/);
  expect(cli.questions).toEqual(['Name', 'Expires (30d, 1y, a date, or never)', 'App']);
  expect(ran.stderr).toContain(
    "The same without questions: tokens create 'nightly backup' --expires 30d --app grafana\nMore options, such as --description, --read-only and --from: `tokens create --help`.\n",
  );
  expect(await show('nightly backup')).toMatchObject({ apps: ['grafana'], lifetime: 30 * 86_400 });
});

it('suggests an expiry of 90 days, and asks for no app if there is none', async () => {
  expect(await create([], ['laptop', ''])).toMatchObject({ code: 0 });
  expect(cli.questions).toHaveLength(2);
  expect(await show('laptop')).toMatchObject({ apps: null, lifetime: 90 * 86_400 });
});

it('asks again for an empty name and for an expiry that it does not understand', async () => {
  await addApp('grafana');
  const ran = await create([], [' ', 'laptop', 'soon', 'never', 'any app']);
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain('> Enter a name.\n> Enter 30d, 1y, a date such as 2027-01-31, or never.\n');
  expect(await show('laptop')).toMatchObject({ apps: null, expires_at: null });
});

it('leaves out spaces around the answers', async () => {
  const ran = await create([], [' laptop ', ' 30d ']);
  expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('tokens create laptop --expires 30d\n') });
  expect(await show('laptop')).toMatchObject({ name: 'laptop', lifetime: 30 * 86_400 });
});

it('asks nothing if a management key may not read the tokens, and so not create any', async () => {
  const { value } = await storeKey(cli.app, await storeServiceAccount(cli.app, 'platform'), ['users:read']);
  const args = ['create', '--service-account', 'platform', '--json'];
  const ran = await cli.run(args, { answers: [], env: { TOKENS_KEY: value } });
  expect(ran).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('"scope-missing"') });
  expect(cli.questions).toEqual([]);
});

it('asks again for a name that is taken before it asks for the expiry, unless --if-absent is given', async () => {
  expect(await create(['ci'])).toMatchObject({ code: 0 });
  const ran = await create([], ['CI', 'laptop', '30d']);
  expect(ran.code).toBe(0);
  expect(cli.questions).toEqual(['Name', 'Name', 'Expires (30d, 1y, a date, or never)']);
  expect(ran.stderr).toContain('> You already have a token with this name. Choose another name.\n');
  expect(await create(['--if-absent'], ['ci', '30d'])).toMatchObject({ code: 0, stdout: '' });
});

it('compares the name with those of the service account that will own the token', async () => {
  await createServiceAccount(cli.app, 'platform', { maintainers: [cli.app.dev] });
  const forAccount = ['--service-account', 'platform'];
  expect(await create(['ci'])).toMatchObject({ code: 0 });
  expect(await create(forAccount, ['ci', '30d'])).toMatchObject({ code: 0 });
  const ran = await create(forAccount, ['ci', 'other', '30d']);
  expect(ran.stderr).toContain('> The service account already has a token with this name. Choose another name.\n');
});

it('does not ask for values that the options give, and repeats the options in the command', async () => {
  await addApp('grafana');
  const given = [
    '--expires',
    '1y',
    '--app',
    'grafana',
    '--read-only',
    '--description',
    "Ada's",
    '--store',
    '--no-print',
  ];
  const ran = await create(given, ['-x']);
  expect(ran).toMatchObject({ code: 0, stdout: '' });
  expect(cli.questions).toEqual(['Name']);
  const same =
    "tokens create --expires 1y --description 'Ada'\\''s' --store --no-print --app grafana --read-only -- -x";
  expect(ran.stderr).toContain(`The same without questions: ${same}\n`);
});

it('creates nothing after Ctrl-C', async () => {
  expect(await create([], ['laptop', cancel])).toMatchObject({ code: 130, stdout: '' });
  const { stdout } = await cli.run(['list', '--json'], { env: { TOKENS_SESSION: cli.app.dev.session } });
  expect(JSON.parse(stdout)).toEqual([]);
});

it('asks for nothing without a terminal, and says what is missing', async () => {
  const ran = await create([]);
  expect(ran).toMatchObject({ code: 2, stdout: '', stderr: 'error: Name the new token: `tokens create NAME`.\n' });
});
