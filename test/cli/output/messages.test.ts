import { afterAll, beforeAll, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { appFetch, openTestCliWithApp, password, type Surroundings, serverUrl } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
const who: Record<string, Surroundings> = {};
let devsToken: string;

beforeAll(async () => {
  cli = await openTestCliWithApp();
  const { app } = cli;
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const account = await storeServiceAccount(app, 'platform');
  const key = await storeKey(app, account, ['users:write']);
  who.root = cli.as(app.root);
  who.dev = cli.as(app.dev);
  who.auditor = cli.as(auditor);
  who.key = { env: { TOKENS_KEY: key.value } };
  await cli.run(['apps', 'create', 'wiki'], who.root);
  devsToken = (await createToken(app, app.dev, { name: 'ci', apps: ['wiki'] })).id;
});
afterAll(() => cli.close());

it.each([
  ['dev', 'pause ci --for 200y', '--for must be at most 100 years.'],
  ['dev', 'create x --expires 200y', '--expires must be at most 100 years.'],
  ['dev', 'rotate ci --overlap 365d', /^error: (?!overlap)/],
  ['root', 'audit --ip here', 'Enter an address such as 203.0.113.9, or a network such as 203.0.113.0/24.'],
  ['dev', 'edit ci --from nowhere --allow GET', /\n {2}--from: .*\n {2}--allow: |\n {2}--allow: .*\n {2}--from: /],
  ['root', 'apps delete wiki --yes', /change its rules first, or force the deletion with --force\.\n$/],
  ['dev', 'suggest ci', /choose a longer period, or force a suggestion with --force\.\n$/],
  ['auditor', 'rotate TOKEN', 'Only the owner of a token may do this. Ask them.\n'],
  ['root', 'rotate TOKEN', 'Only the owner of a token may do this. Ask them, or pause or revoke the token.\n'],
  [
    'key',
    'users promote dev@example.com',
    'A management key cannot change the role Organization Superuser of a member. Ask an Organization Superuser.\n',
  ],
])('tells %s after `tokens %s` what to do in words of the command line', async (name, line, message) => {
  const ran = await cli.run(
    line.split(' ').map((word) => (word === 'TOKEN' ? devsToken : word)),
    who[name],
  );
  expect(ran.stdout).toBe('');
  if (typeof message === 'string') expect(ran.stderr).toContain(message);
  else expect(ran.stderr).toMatch(message);
  expect(ran.stderr).not.toMatch(/force=true|expires_in|\/networks/);
});

it('says once how to sign in again', async () => {
  const login = ['login', serverUrl, '--email', 'root@example.com', '--password-stdin', '--credential-store', 'file'];
  expect((await cli.run(login, { stdin: password })).code).toBe(0);
  await cli.app.store.sessions.deleteAllOf(cli.app.root.id);
  const { code, stderr } = await cli.run(['whoami']);
  expect([code, stderr]).toEqual([4, 'error: The session has ended. Run `tokens login`.\n']);
});

it('says what to do after an unexpected error', async () => {
  const fetch = () => Promise.reject(new RangeError('Odd.'));
  const { code, stderr } = await cli.run(['whoami'], { ...who.dev, fetch });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: Something unexpected went wrong: Odd\. Try again, and report it if it happens again\.\n/,
  );
});

it('sends a person without a password to the browser for a confirmation, and asks for none', async () => {
  const through = appFetch(cli.app);
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await through(input, init);
    if (!String(input).endsWith('/sessions/current')) return response;
    return Response.json({ ...((await response.json()) as object), confirm_with: ['sso'] });
  };
  const env = { TOKENS_SESSION: await cli.app.signIn(cli.app.root.id) };
  cli.app.clock.advance(61 * 60_000);
  const ran = await cli.run(['users', 'promote', 'dev@example.com'], { env, fetch, answers: [] });
  expect([ran.code, ran.stderr]).toEqual([
    4,
    expect.stringMatching(
      /You have no password here, so make the change in the console\. Or .*computer with a browser.*“Confirm it first”/,
    ),
  ]);
  expect(cli.questions).toEqual([]);
});
