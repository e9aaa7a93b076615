import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, verdict } from '../../helpers/app/app.ts';
import { cancel, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let value: string;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
  value = (await createToken(cli.app, cli.app.dev, { name: 'ci' })).token;
});
afterEach(() => cli.close());

it('revokes with --yes and prints nothing on stdout', async () => {
  const ran = await cli.run(['revoke', 'ci', '--yes'], dev);
  expect(ran).toMatchObject({ code: 0, stdout: '' });
  expect(await verdict(cli.app, value)).toBe('revoked');
});

it('requires --yes without a terminal before it sends any request', async () => {
  const ran = await cli.run(['revoke', 'ci'], { ...dev, fetch: () => Promise.reject(new Error('connected')) });
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('--yes');
});

it.each<[string, false | typeof cancel]>([
  ['no', false],
  ['Ctrl-C', cancel],
])('exits 130 and revokes nothing if the answer is %s', async (_, answer) => {
  expect((await cli.run(['rm', 'ci'], { ...dev, answers: [answer] })).code).toBe(130);
  expect(cli.questions[0]).toContain('ci');
  expect(await verdict(cli.app, value)).toBe(200);
});

it('revokes if the answer is yes', async () => {
  expect((await cli.run(['rm', 'ci'], { ...dev, answers: [true] })).code).toBe(0);
  expect(await verdict(cli.app, value)).toBe('revoked');
});

it('continues after a failure with several names, and prints one problem per failure', async () => {
  const other = await createToken(cli.app, cli.app.dev, { name: 'other' });
  const ran = await cli.run(['revoke', 'nope', 'ci', 'neither', 'other', 'CI', '--yes', '--json'], dev);
  expect(ran.code).toBe(3);
  const problems = ran.stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(problems.map(({ code }) => code)).toEqual(['token-not-found', 'token-not-found']);
  expect(await verdict(cli.app, value)).toBe('revoked');
  expect(await verdict(cli.app, other.token)).toBe('revoked');
});

it('ignores a missing name with --if-exists', async () => {
  expect((await cli.run(['revoke', 'nope', '--if-exists', '--yes'], dev)).code).toBe(0);
  expect((await cli.run(['revoke', 'nope', 'ci', '--if-exists', '--yes'], dev)).code).toBe(0);
  expect(await verdict(cli.app, value)).toBe('revoked');
});

it('exits 3 if the token is revoked concurrently, and 0 with --if-exists', async () => {
  const racing: Surroundings = {
    ...dev,
    fetch: (url, init) => {
      const otherUrl = String(url).replace(/(tokens)\/.*/, '$1/019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b');
      return cli.app.fetchApp(new Request(init?.method === 'DELETE' ? otherUrl : String(url), init));
    },
  };
  expect((await cli.run(['revoke', 'ci', '--yes'], racing)).code).toBe(3);
  expect((await cli.run(['revoke', 'ci', '--yes', '--if-exists'], racing)).code).toBe(0);
});

it('requires either names or --all', async () => {
  expect((await cli.run(['revoke', '--yes'], dev)).code).toBe(2);
  expect((await cli.run(['revoke', 'ci', '--all', '--yes'], dev)).code).toBe(2);
});

it('revokes all tokens of the signed-in member with --all', async () => {
  const other = await createToken(cli.app, cli.app.dev, { name: 'other' });
  expect((await cli.run(['revoke', '--all', '--yes'], dev)).code).toBe(0);
  expect(await verdict(cli.app, value)).toBe('revoked');
  expect(await verdict(cli.app, other.token)).toBe('revoked');
  expect((await cli.run(['revoke', '--all', '--yes'], dev)).code).toBe(0);
});

it("revokes another member's tokens by name, or all of them with a single mail", async () => {
  await createToken(cli.app, cli.app.dev, { name: 'two' });
  await createToken(cli.app, cli.app.dev, { name: 'three' });
  const root = cli.as(cli.app.root);
  expect((await cli.run(['revoke', 'ci'], { ...root, answers: [true] })).code).toBe(3);
  expect((await cli.run(['revoke', 'ci', '--user', 'dev@example.com', '--yes'], root)).code).toBe(0);
  const before = (await cli.app.mails()).length;
  expect((await cli.run(['revoke', '--all', '--user', 'dev@example.com', '--yes'], root)).code).toBe(0);
  expect((await cli.app.mails()).length).toBe(before + 1);
  expect(JSON.parse((await cli.run(['list', '--json'], dev)).stdout)).toEqual([]);
});

it('uses the singular for one token and the plural for two', async () => {
  const root = cli.as(cli.app.root);
  const all = ['revoke', '--all', '--user', 'dev@example.com', '--yes'];
  expect((await cli.run(all, root)).stderr).toBe('Revoked 1 token of dev@example.com.\n');
  for (const name of ['a', 'b']) await createToken(cli.app, cli.app.dev, { name });
  expect((await cli.run(all, root)).stderr).toBe('Revoked 2 tokens of dev@example.com.\n');
  await createToken(cli.app, cli.app.dev, { name: 'last' });
  await cli.run(['offboard', 'dev@example.com'], { ...root, answers: [true] });
  expect(cli.questions).toEqual(['Disable dev@example.com and permanently revoke 1 token?']);
});

it('removes the stored value of the token', async () => {
  await cli.run(['create', 'stored', '--store', '--no-print'], dev);
  expect((await cli.run(['revoke', 'stored', '--yes'], dev)).code).toBe(0);
  expect(cli.keychain.entries.size).toBe(0);
  const result = await cli.run(['get', 'stored', '--json'], dev);
  expect(result.code).toBe(3);
  expect(JSON.parse(result.stderr).code).toBe('value-not-kept');
});

it('prefers a name over another token’s prefix', async () => {
  const prefix = value.slice(0, 12);
  const decoy = await createToken(cli.app, cli.app.dev, { name: prefix });
  await cli.run(['revoke', prefix, '--yes'], dev);
  expect(await verdict(cli.app, decoy.token)).toBe('revoked');
  await cli.run(['revoke', prefix, '--yes'], dev);
  expect(await verdict(cli.app, value)).toBe('revoked');
});
