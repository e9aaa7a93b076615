import { afterEach, beforeEach, expect, it } from 'vitest';
import { onTerminal, openTestCliWithApp, type Surroundings } from '../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let root: Surroundings;
let dev: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  root = cli.as(cli.app.root);
  dev = cli.as(cli.app.dev);
});
afterEach(() => cli.close());

const run = async (line: string, as: Surroundings) => {
  const { code, stdout, stderr } = await cli.run(line.split(' '), as);
  return { code, stdout, stderr: stderr.trim() };
};
const json = async (line: string, as: Surroundings) => JSON.parse((await run(`${line} --json`, as)).stdout);

it('warns scripts, too, if nobody maintains the new service account', async () => {
  const ran = await run('service-accounts create lonely', { ...root, stderrIsTTY: false });
  expect(ran).toMatchObject({ code: 0, stdout: '' });
  expect(ran.stderr).toMatch(/^Nobody maintains it, so all superusers get the mails about its tokens: tokens .*$/);
});

it('marks maintainers who are disabled', async () => {
  await run('sa create ci --maintainer dev@example.com --maintainer root@example.com', root);
  await run('users disable dev@example.com', root);
  const marked = 'dev@example.com (disabled), root@example.com';
  expect((await run('sa list', { ...root, columns: 200 })).stdout).toContain(marked);
  // A program may split the addresses.
  expect((await run('sa list', root)).stdout).toContain('\tdev@example.com, root@example.com\t');
  expect((await run('sa show ci', root)).stdout).toMatch(
    /^Maintainers:\s+dev@example\.com \(disabled\), root@example\.com$/m,
  );
  expect(await json('sa show ci', root)).toMatchObject({
    maintainers: ['dev@example.com', 'root@example.com'],
    disabled_maintainers: ['dev@example.com'],
  });
  await run('users enable dev@example.com', root);
  expect(await json('sa show ci', root)).toMatchObject({ disabled_maintainers: [] });
});

it('creates, lists, shows, changes and deletes a service account', async () => {
  expect(
    await run('service-accounts create ci --maintainer dev@example.com --group a --description Builds', root),
  ).toEqual({
    code: 0,
    stdout: '',
    stderr: 'Created the service account ci.',
  });
  expect(await run('sa create alone', root)).toMatchObject({
    stderr: expect.stringContaining('tokens service-accounts edit alone --add-maintainer EMAIL'),
  });
  expect((await json('sa list', root)).map(({ name }: { name: string }) => name)).toEqual(['alone', 'ci']);
  expect((await json('sa ls --orphaned', root)).map(({ name }: { name: string }) => name)).toEqual(['alone']);
  expect((await json('sa list', dev)).map(({ name }: { name: string }) => name)).toEqual(['ci']);
  const shown = await run('sa show ci', dev);
  for (const text of ['Builds', 'dev@example.com', 'enabled', 'never']) expect(shown.stdout).toContain(text);
  expect(await run('sa show alone', dev)).toMatchObject({ code: 3, stdout: '' });
  expect(await run('sa edit ci', dev)).toMatchObject({ code: 2 });
  expect(await run('sa edit ci --add-maintainer root@example.com --description x', dev)).toMatchObject({
    code: 0,
    stderr: 'Changed ci.',
  });
  expect(await run('sa edit ci --no-groups', dev)).toMatchObject({ code: 4 });
  await run('sa edit ci --no-groups --remove-maintainer dev@example.com', root);
  expect(await json('sa show ci', root)).toMatchObject({
    description: 'x',
    groups: [],
    maintainers: ['root@example.com'],
  });
  expect(await run('sa edit ci --remove-maintainer root@example.com', root)).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Changed ci\.\nNo enabled member maintains the service account ci: /),
  });
  expect(await run('sa disable ci alone', root)).toMatchObject({ code: 0, stderr: 'Disabled ci.\nDisabled alone.' });
  expect(await json('sa show ci', root)).toMatchObject({ disabled: true });
  expect(await run('sa enable ci nowhere', root)).toMatchObject({ code: 3 });
  expect(await json('sa show ci', root)).toMatchObject({ disabled: false });
  expect(await run('sa delete ci', root)).toMatchObject({ code: 2 });
  expect(await run('sa delete ci --yes', root)).toMatchObject({ code: 0 });
  expect(await run('sa show ci', root)).toMatchObject({ code: 3 });
});

it('does with --service-account what every command does with tokens of your own', async () => {
  await run('sa create ci --maintainer dev@example.com', root);
  const created = await json('create deploy -s ci --expires 90d --store', dev);
  expect(created).toMatchObject({ owner: 'service-account:ci', name: 'deploy' });
  expect(await json('list', dev)).toEqual([]);
  for (const as of [dev, root]) expect(await json('list --service-account ci', as)).toHaveLength(1);
  expect(await run('show deploy', dev)).toMatchObject({ code: 3 });
  expect((await run('show deploy -s ci', dev)).stdout).toContain('service-account:ci');
  expect((await run('get deploy -s ci', dev)).stdout.trim()).toBe(created.token);
  expect(await run('get deploy -s other', dev)).toMatchObject({ code: 3 });
  for (const [line, as] of [
    ['edit deploy -s ci --description x', dev],
    ['usage deploy -s ci', dev],
    ['suggest deploy -s ci --force', dev],
    ['pause deploy -s ci --for 2d', dev],
    ['resume deploy -s ci', dev],
    ['rotate deploy -s ci', dev],
    ['rotate deploy -s ci --finish', dev],
    ['pause deploy -s ci', root],
    ['resume deploy -s ci', root],
  ] as const) {
    expect([line, await run(line, as)]).toEqual([line, expect.objectContaining({ code: 0 })]);
  }
  expect(await run('rotate deploy -s ci', root)).toMatchObject({ code: 4 });
  expect(await run('revoke deploy -s ci --yes', dev)).toMatchObject({ code: 0 });
  expect(await json('list -s ci', dev)).toEqual([]);
});

it('revokes all tokens of a service account, which stays', async () => {
  await run('sa create ci --maintainer dev@example.com', root);
  for (const name of ['one', 'two']) await run(`create ${name} -s ci`, dev);
  await run('create own', dev);
  expect(await run('revoke --all -s ci --yes', dev)).toMatchObject({ code: 0 });
  expect(await json('list -s ci', dev)).toEqual([]);
  expect(await json('list', dev)).toHaveLength(1);
  expect(await json('sa show ci', dev)).toMatchObject({ token_count: 0 });
});

it.each(['list -s ci --user dev@example.com', 'list -s ci --all', 'show x -s ci --user dev@example.com'])(
  'takes one owner only: %s',
  async (line) => expect(await run(line, root)).toMatchObject({ code: 2 }),
);

it('names the service account in the commands that it advises', async () => {
  await run('sa create ci --maintainer dev@example.com', root);
  await run('create deploy -s ci --expires 90d', dev);
  await run('rotate deploy -s ci', dev);
  const again = await run('rotate deploy -s ci', dev);
  expect(again.stderr).toContain('tokens rotate deploy --service-account ci --finish');
  expect((await run('show other -s ci', dev)).stderr).toContain('tokens list --service-account ci');
});
