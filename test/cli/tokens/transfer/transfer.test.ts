import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CreatedToken } from '../../../../shared/schemas/tokens/tokens.ts';
import { createToken, type Member, verdict } from '../../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../../helpers/app/service-accounts.ts';
import { onTerminal, openTestCliWithApp, type Surroundings } from '../../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let ada: Member;
let token: CreatedToken;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  ada = await cli.app.addMember({ email: 'ada@example.com', can_manage_tokens: true });
  await createServiceAccount(cli.app, 'ci', { maintainers: [ada] });
  token = await createToken(cli.app, ada, { name: 'deploy' });
});
afterEach(() => cli.close());

const run = (argv: string[], as: Surroundings = cli.as(ada)) => cli.run(argv, as);
const show = async (name: string) => JSON.parse((await run(['show', name, '-s', 'ci', '--json'])).stdout);

it('gives the token to the service account, and prints nothing on stdout', async () => {
  const said = `Transferred deploy (${token.prefix}) to the service account ci.\n`;
  expect(await run(['transfer', 'deploy', '--to', 'ci'])).toEqual({ code: 0, stdout: '', stderr: said });
  expect(await show('deploy')).toMatchObject({ id: token.id, owner: 'service-account:ci' });
  expect(await verdict(cli.app, token.token)).toBe(200);
  expect(JSON.parse((await run(['list', '--json'])).stdout)).toEqual([]);
});

it('prints the transferred token with --json', async () => {
  const ran = await run(['transfer', token.prefix, '--to', 'ci', '--as', 'deploy-web', '--json']);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(ran.stdout)).toEqual(await show('deploy-web'));
});

it("transfers another member's token for a superuser with --user", async () => {
  const root = cli.as(cli.app.root);
  expect((await run(['transfer', 'deploy', '--to', 'ci'], root)).code).toBe(3);
  const ran = await run(['transfer', 'deploy', '--to', 'ci', '--user', 'ada@example.com', '--as', 'web'], root);
  expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('to the service account ci as web.') });
  expect(await show('web')).toMatchObject({ id: token.id });
});

it('says how to choose another name if the service account has a token of this one', async () => {
  await createAccountToken(cli.app, ada, 'ci', { name: 'Deploy' });
  const taken = await run(['transfer', 'deploy', '--to', 'ci']);
  expect(taken).toMatchObject({ code: 5, stdout: '' });
  expect(taken.stderr).toContain(
    'The service account already has a token with this name. Choose another one with --as.',
  );
  const json = await run(['transfer', 'deploy', '--to', 'ci', '--json']);
  expect(JSON.parse(json.stderr)).toMatchObject({ code: 'name-taken', status: 409 });
  expect((await run(['transfer', 'deploy', '--to', 'ci', '--as', 'deploy-2'])).code).toBe(0);
});

it.each([
  ['a token that does not exist', ['nothing', '--to', 'ci'], 3, 'token-not-found'],
  ['a service account that does not exist', ['deploy', '--to', 'nothing'], 3, 'service-account-not-found'],
  ['a service account that the owner does not maintain', ['deploy', '--to', 'other'], 3, 'service-account-not-found'],
  ['no service account', ['deploy'], 2, 'usage'],
  ['an empty name', ['deploy', '--to', 'ci', '--as', ''], 2, 'invalid-fields'],
])('changes nothing for %s', async (_what, argv, code, problem) => {
  await createServiceAccount(cli.app, 'other', { maintainers: [cli.app.dev] });
  const ran = await run(['transfer', ...argv, '--json']);
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(JSON.parse(ran.stderr)).toMatchObject({ code: problem });
  expect(JSON.parse((await run(['show', 'deploy', '--json'])).stdout)).toMatchObject({ owner: 'ada@example.com' });
});

it('moves the stored value, so that tokens get finds it under the new owner and name', async () => {
  const stored = (await run(['create', 'laptop', '--store'])).stdout;
  expect((await run(['transfer', 'laptop', '--to', 'ci', '--as', 'builder'])).code).toBe(0);
  expect([...cli.keychain.entries.keys()]).toEqual([expect.stringContaining('service-account:ci')]);
  expect((await run(['get', 'builder', '--service-account', 'ci'])).stdout).toBe(stored);
  expect((await run(['get', 'laptop'])).code).toBe(3);
});
