import { afterEach, beforeEach, expect, it } from 'vitest';
import { assembleToken } from '../../../shared/token-format.ts';
import { createToken, verdict } from '../../helpers/app/app.ts';
import {
  appFetch,
  cancel,
  onTerminal,
  openTestCliWithApp,
  type Surroundings,
  serverUrl,
} from '../../helpers/cli/cli.ts';
import { newToken } from '../../store/contract/records.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let value: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
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

it('rejects --all together with --status', async () => {
  const ran = await cli.run(['revoke', '--all', '--status', 'active', '--yes'], dev);
  const message = '--all revokes tokens with any status. Give either --all or --status, not both.';
  expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  expect(await verdict(cli.app, value)).toBe(200);
});

it('revokes all tokens of the signed-in member with --all, with a single mail', async () => {
  const other = await createToken(cli.app, cli.app.dev, { name: 'other' });
  const foreign = await createToken(cli.app, cli.app.root, { name: 'foreign' });
  const before = (await cli.app.mails()).length;
  const ran = await cli.run(['revoke', '--all', '--yes'], dev);
  expect(ran).toEqual({ code: 0, stdout: '', stderr: 'Revoked 2 tokens.\n' });
  const mails = (await cli.app.mails()).slice(before);
  expect(mails).toHaveLength(1);
  for (const name of ['ci', 'other']) expect(mails[0]?.text).toContain(name);
  expect(await verdict(cli.app, foreign.token)).toBe(200);
  expect(await verdict(cli.app, value)).toBe('revoked');
  expect(await verdict(cli.app, other.token)).toBe('revoked');
  expect((await cli.run(['revoke', '--all', '--yes'], dev)).code).toBe(0);
});

it('revokes all own tokens one by one if the daemon has no route for all of them', async () => {
  await createToken(cli.app, cli.app.dev, { name: 'other' });
  const send = appFetch(cli.app);
  const older: Surroundings = {
    ...dev,
    fetch: async (url, init) => {
      const isNew = init?.method === 'DELETE' && String(url).endsWith('/me/tokens');
      return isNew
        ? send('https://tokens.example.com/api/v1/nothing', { headers: init?.headers ?? {} })
        : send(url, init);
    },
  };
  const ran = await cli.run(['revoke', '--all', '--yes'], older);
  expect(ran.code).toBe(0);
  expect(ran.stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^Revoked other \(tok_\w{8}\)\.$/),
    expect.stringMatching(/^Revoked ci \(tok_\w{8}\)\.$/),
  ]);
  expect(await verdict(cli.app, value)).toBe('revoked');
});

it.each([
  ['names', ['ci', 'other']],
  ['--all', ['--all']],
])('prints the revoked tokens with --json, one object per line (%s)', async (_, which) => {
  await createToken(cli.app, cli.app.dev, { name: 'other' });
  const listed = JSON.parse((await cli.run(['list', '--json'], dev)).stdout) as { name: string }[];
  const ran = await cli.run(['revoke', ...which, '--yes', '--json'], dev);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  const printed = ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string });
  const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
  expect(printed.sort(byName)).toEqual(listed.sort(byName));
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

it('revokes nothing if a prefix is also the name of another token, which an earlier version allowed', async () => {
  const prefix = value.slice(0, 12);
  const decoy = newToken(cli.app.dev.id, { name: prefix, nameFolded: prefix.toLowerCase(), prefix: 'tok_decoy000' });
  await cli.app.store.tokens.insert(decoy, 1000);
  const refused = await cli.run(['revoke', prefix, '--yes'], dev);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`(${prefix}, dev@example.com)`);
  expect(refused.stderr).toContain('(tok_decoy000, dev@example.com)');
  expect(await verdict(cli.app, value)).toBe(200);
  await cli.run(['revoke', 'tok_decoy000', '--yes'], dev);
  await cli.run(['revoke', prefix, '--yes'], dev);
  expect(await verdict(cli.app, value)).toBe('revoked');
});

it.each([
  ['revoke', '{value}', '--yes'],
  ['show', '{value}'],
  ['get', 'x{value}'],
  ['list', '--user', '"{value}"'],
  ['check', '{value}', '--json'],
  ['login', 'https://example.com/{value}'],
  ['{value}'],
])('refuses a token value on the command line and sends nothing: %s %s %s', async (...words) => {
  const argv = words.map((word) => word.replace('x{value}', value).replace('{value}', value));
  const ran = await cli.run(argv, { ...dev, fetch: () => Promise.reject(new Error('connected')) });
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(
    `the value of the token ${value.slice(0, 12)}, which is now in the history of your shell`,
  );
  expect(ran.stderr).toContain(`tokens revoke ${value.slice(0, 12)}`);
  expect(ran.stdout + ran.stderr).not.toContain(value);
  expect(await verdict(cli.app, value)).toBe(200);
});

it('refuses a session on the command line', async () => {
  const ran = await cli.run(['whoami', '--server', `https://example.com/?${cli.app.dev.session}`]);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('contains a secret');
  expect(ran.stderr).not.toContain(cli.app.dev.session);
});

const signedOut = (stdin: string): Surroundings => ({ env: { TOKENS_SERVER: serverUrl }, stdin });

it('revokes the values on standard input without a session', async () => {
  const other = await createToken(cli.app, cli.app.root, { name: 'other' });
  const ran = await cli.run(['revoke', '--stdin', '--yes'], signedOut(`${value}\r\n\n${other.token}\n${value}\n`));
  expect(ran).toMatchObject({ code: 0, stdout: '' });
  expect(ran.stderr).toBe(`Revoked ${value.slice(0, 12)}.\nRevoked ${other.prefix}.\n`);
  const third = await createToken(cli.app, cli.app.dev, { name: 'third' });
  const json = await cli.run(['revoke', '--stdin', '--yes', '--json'], signedOut(third.token));
  expect(JSON.parse(json.stdout)).toMatchObject({ name: 'third', prefix: third.prefix });
  expect(await verdict(cli.app, value)).toBe('revoked');
  expect(await verdict(cli.app, other.token)).toBe('revoked');
});

it('revokes no value if one is malformed, and says what is wrong with it', async () => {
  const ran = await cli.run(['revoke', '--stdin', '--yes'], signedOut(`${value}\n${value.slice(0, 40)}\n`));
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('Line 2 of standard input is not a token (40 of 42 characters)');
  expect(ran.stderr).not.toContain(value.slice(0, 40));
  expect(await verdict(cli.app, value)).toBe(200);
});

it('exits 3 for a value that is revoked or unknown, and 0 with --if-exists', async () => {
  const unknown = assembleToken('tok', 'A'.repeat(32));
  await cli.run(['revoke', 'ci', '--yes'], dev);
  for (const gone of [value, unknown]) {
    expect((await cli.run(['revoke', '--stdin', '--yes'], signedOut(gone))).code).toBe(3);
    expect((await cli.run(['revoke', '--stdin', '--yes', '--if-exists'], signedOut(gone))).code).toBe(0);
  }
});

it('says how to revoke a value that is not active', async () => {
  await cli.run(['ungrant', 'dev@example.com'], cli.as(cli.app.root));
  const ran = await cli.run(['revoke', '--stdin', '--yes'], signedOut(value));
  expect(ran.code).toBe(4);
  expect(ran.stderr).toContain(
    `not active (blocked). Revoke it by its prefix: \`tokens revoke ${value.slice(0, 12)}\`.`,
  );
});

it('asks for one value on a terminal without showing it, and for confirmation', async () => {
  const no = await cli.run(['revoke', '--stdin'], { env: { TOKENS_SERVER: serverUrl }, answers: [value, false] });
  expect(no.code).toBe(130);
  expect(await verdict(cli.app, value)).toBe(200);
  const yes = await cli.run(['revoke', '--stdin'], { env: { TOKENS_SERVER: serverUrl }, answers: [value, true] });
  expect(yes.code).toBe(0);
  expect(await verdict(cli.app, value)).toBe('revoked');
});

it.each([['ci'], ['--all'], ['--user', 'dev@example.com']])('rejects --stdin with %s %s', async (...more) => {
  expect((await cli.run(['revoke', '--stdin', '--yes', ...more], signedOut(value))).code).toBe(2);
  expect((await cli.run(['revoke', '--stdin'], signedOut(value))).code).toBe(2);
  expect(await verdict(cli.app, value)).toBe(200);
});

it('revokes the tokens with a status, after a question with their number', async () => {
  const short = [];
  for (let count = 0; count < 7; count += 1) {
    short.push(await createToken(cli.app, cli.app.dev, { name: `short-${count}`, expires_in: 60 }));
  }
  cli.app.clock.advance(61_000);
  expect((await cli.run(['revoke', '--status', 'expired'], { ...dev, answers: [false] })).code).toBe(130);
  expect(cli.questions.at(-1)).toContain('7 tokens');
  expect(await verdict(cli.app, short[0]?.token ?? '')).toBe('expired');
  const ran = await cli.run(['revoke', '--status', 'expired', '--yes', '--json'], dev);
  expect([ran.code, ran.stdout.match(/"name":\s*"short-\d"/g)?.length]).toEqual([0, 7]);
  for (const { token } of short) expect(await verdict(cli.app, token)).toBe('revoked');
  expect(await verdict(cli.app, value)).toBe(200);
  expect((await cli.run(['revoke', 'ci', '--status', 'expired', '--yes'], dev)).code).toBe(2);
});
