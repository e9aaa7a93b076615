import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../helpers/app/app.ts';
import { onTerminal, openTestCliWithApp } from '../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
});
afterEach(() => cli.close());

const run = (...argv: string[]) => cli.run(['apps', ...argv], cli.as(cli.app.root));
const asDev = (...argv: string[]) => cli.run(['apps', ...argv], cli.as(cli.app.dev));
const shown = async (name: string) => JSON.parse((await run('show', name, '--json')).stdout);

const all = [
  ...['--url', 'https://grafana.example.com', '--host', 'grafana.example.com', '--host', 'Metrics.example.com'],
  ...['--group', 'developers', '--group', 'on call', '--max-expiry', '90d', '--preflight', 'pass'],
];

it('registers an app with every option, and says how to name it in the proxy and what hosts are worth', async () => {
  const { code, stdout, stderr } = await run('create', 'grafana', ...all);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('Registered grafana. Name it in the configuration of your proxy: /verify/apps/grafana/…');
  expect(stderr).toContain('A host is worth only as much as your proxy');
  expect(await shown('grafana')).toMatchObject({
    name: 'grafana',
    url: 'https://grafana.example.com',
    hosts: ['grafana.example.com', 'metrics.example.com'],
    groups: ['developers', 'on call'],
    max_expiry: 90 * 86_400,
    preflight: 'pass',
  });
  expect((await run('create', 'builds')).stderr).not.toContain('host');
  expect(JSON.parse((await run('create', 'other', '--json')).stdout)).toMatchObject({ name: 'other', hosts: [] });
});

it('changes only what its options name, and removes what they remove', async () => {
  await run('create', 'grafana', ...all);
  const steps: Array<[string[], object]> = [
    [['--group', 'b', '--group', 'a'], { groups: ['a', 'b'] }],
    [['--no-groups'], { groups: [] }],
    [['--max-expiry', '12h'], { max_expiry: 43_200 }],
    [['--no-max-expiry'], { max_expiry: null }],
    [['--no-url'], { url: null }],
    [['--host', 'new.example.com'], { hosts: ['new.example.com'] }],
    [['--no-hosts'], { hosts: [] }],
    [['--preflight', 'deny'], { preflight: 'deny' }],
  ];
  let expected = await shown('grafana');
  for (const [options, fields] of steps) {
    const ran = await run('edit', 'grafana', ...options);
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(ran.stderr).toContain('Changed grafana.');
    expected = { ...expected, ...fields };
    expect(await shown('grafana')).toEqual(expected);
  }
});

it('rejects options that contradict each other or cannot be read, before any request', async () => {
  const wrong = [
    ['edit', 'grafana'],
    ['edit', 'grafana', '--group', 'a', '--no-groups'],
    ['edit', 'grafana', '--host', 'a.example.com', '--no-hosts'],
    ['edit', 'grafana', '--max-expiry', 'soon'],
    ['create', 'grafana', '--preflight', 'maybe'],
  ];
  for (const argv of wrong) expect([argv, (await run(...argv)).code]).toEqual([argv, 2]);
  expect((await run('list', '--json')).stdout.trim()).toBe('[]');
});

it('lists apps and shows one, to members only with name and URL', async () => {
  await run('create', 'grafana', ...all);
  await run('create', 'builds', '--max-expiry', '36h');
  expect((await run('list')).stdout).toBe(
    'NAME\tURL\tHOSTS\tGROUPS\tMAX EXPIRY\tPREFLIGHT\n' +
      'builds\t\t\t\t36h\tdeny\n' +
      'grafana\thttps://grafana.example.com\tgrafana.example.com, metrics.example.com\tdevelopers, on call\t90d\tpass\n',
  );
  expect((await asDev('ls')).stdout).toBe('NAME\tURL\nbuilds\t\ngrafana\thttps://grafana.example.com\n');
  const { stdout } = await run('show', 'builds');
  expect(stdout.replaceAll('\t', ' ')).toMatch(
    /^Name: builds\nURL: \nHosts: \nGroups: everyone\nMax expiry: 36h\nPreflight: deny\nCreated: .* \(.*\)\nID: \S+\n$/,
  );
  expect((await asDev('show', 'grafana')).stdout.replaceAll('\t', ' ')).toMatch(
    /^Name: grafana\nURL: https:\/\/grafana\.example\.com\nID: \S+\n$/,
  );
  // The other name of the commands.
  expect((await cli.run(['app', 'show', 'builds'], cli.as(cli.app.root))).stdout).toBe(stdout);
});

it('deletes an app after a confirmation, and one in use only by force', async () => {
  await run('create', 'grafana');
  const { id } = await shown('grafana');
  const token = await createToken(cli.app, cli.app.dev, { name: 'ci' });
  await cli.app.store.apps.setTokenApps(token.id, [id]);
  const no = await cli.run(['apps', 'delete', 'grafana'], { ...cli.as(cli.app.root), answers: [false] });
  expect(no.code).toBe(130);
  const used = await run('delete', 'grafana');
  expect([used.code, used.stderr]).toEqual([5, expect.stringContaining('1 token is restricted to this app')]);
  expect(await shown('grafana')).toMatchObject({ id });
  const forced = await run('delete', 'grafana', '--force');
  expect([forced.code, forced.stderr]).toEqual([0, 'Deleted grafana.\n']);
  expect((await run('list', '--json')).stdout.trim()).toBe('[]');
});

it('exits 5 for a name or a host that is taken, 3 for an unknown app, 2 for a bad name, and 4 for a member', async () => {
  await run('create', 'grafana', '--host', 'a.example.com');
  expect((await run('create', 'grafana')).code).toBe(5);
  expect((await run('create', 'other', '--host', 'a.example.com')).code).toBe(5);
  expect((await run('create', 'Big')).code).toBe(2);
  for (const command of ['show', 'delete']) expect((await run(command, 'nothing')).code).toBe(3);
  expect((await run('show', '')).code).toBe(3);
  expect((await run('edit', 'nothing', '--no-url')).code).toBe(3);
  expect((await asDev('create', 'mine')).code).toBe(4);
  expect((await asDev('edit', 'grafana', '--no-groups')).code).toBe(4);
  expect((await asDev('delete', 'grafana')).code).toBe(4);
});
