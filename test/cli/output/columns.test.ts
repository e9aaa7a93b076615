import { afterAll, beforeAll, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { openTestCliWithApp } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
const url = 'https://hooks.example.com/tokens/incoming/for-the-platform-team';

beforeAll(async () => {
  cli = await openTestCliWithApp();
  const { root, dev } = cli.app;
  for (const name of ['ci-pipeline', 'old']) await createToken(cli.app, dev, { name, expires_in: 90 * 86_400 });
  for (const line of [
    ['service-accounts', 'create', 'deploy-bot', '--maintainer', 'dev@example.com', '--description', 'Deploys it all'],
    ['apps', 'create', 'grafana', '--url', 'https://grafana.example.com', '--host', 'grafana.example.com'],
    ['webhooks', 'create', url, '--event', 'token.*'],
    ['users', 'promote', 'dev@example.com'],
  ])
    expect(await cli.run(line, cli.as(root))).toMatchObject({ code: 0 });
  await cli.run(['pause', 'old'], cli.as(dev));
  await cli.run(['rotate', 'ci-pipeline', '--overlap', '3d'], cli.as(dev));
});
afterAll(() => cli.close());

/** Returns the lines of a list on a terminal of this width. */
async function lines(columns: number, ...argv: string[]): Promise<string[]> {
  const { stdout } = await cli.run([...argv, '--no-color'], { ...cli.as(cli.app.root), columns });
  return stdout.trimEnd().split('\n');
}
const headOf = async (columns: number, ...argv: string[]) => (await lines(columns, ...argv))[0]?.split(/ {2,}/);

it.each([
  [200, ['TIME', 'ACTOR', 'ACTION', 'TARGET', 'IP', 'USER AGENT']],
  [80, ['TIME', 'ACTOR', 'ACTION', 'TARGET', 'IP']],
  [50, ['ACTOR', 'ACTION', 'TARGET']],
  [34, ['ACTION', 'TARGET']],
])('keeps the target of an event longer than its actor: at %i columns', async (columns, heads) => {
  const [head, first = ''] = await lines(columns, 'audit', '--action', 'token.rotated');
  expect(head?.split(/ {2,}/)).toEqual(heads);
  expect(first).toMatch(/token\.rotated +ci-p/);
  expect(first.length).toBeLessThanOrEqual(columns);
});

it('keeps the status of a token and its expiry longer than the words after the status', async () => {
  const listed = ['list', '--user', 'dev@example.com'];
  expect((await lines(80, ...listed)).join('\n')).toContain('active, two values');
  const narrow = await lines(36, ...listed);
  expect(narrow[0]).toMatch(/^NAME +STATUS +EXPIRES$/);
  expect(narrow.join('\n')).not.toContain('…');
});

it('never cuts the address of a webhook, which names it in other commands', async () => {
  for (const columns of [40, 60, 80]) {
    const [head, first = ''] = await lines(columns, 'webhooks', 'list');
    expect(head).toMatch(/^URL/);
    expect(first.split(' ')[0]).toBe(url);
  }
  expect(await headOf(80, 'webhooks', 'list')).toEqual(['URL', 'STATUS']);
});

it('leaves out columns without text before it cuts others', async () => {
  expect(await headOf(200, 'apps', 'list')).toEqual(['NAME', 'URL', 'HOSTS', 'GROUPS', 'MAX EXPIRY', 'PREFLIGHT']);
  expect(await headOf(70, 'apps', 'list')).toEqual(['NAME', 'URL', 'HOSTS', 'PREFLIGHT']);
  expect(await headOf(40, 'service-accounts', 'list')).toEqual(['NAME', 'STATUS', 'MAINTAINERS']);
});

it('keeps the role of a member longer than the permission', async () => {
  expect(await headOf(40, 'users', 'list')).toEqual(['EMAIL', 'ROLE', 'STATUS']);
});

it('cuts no word of the report on a terminal of 80 columns', async () => {
  expect((await lines(80, 'report')).join('\n')).not.toContain('…');
  expect(await headOf(80, 'report')).toEqual(['COUNT', 'WHAT', 'LIST THEM WITH']);
});

it('cuts a long actor on a terminal of 80 columns, but shows who acted in every line', async () => {
  const email = 'firstname.lastname@the-company.example';
  const member = await cli.app.addMember({ email, can_manage_tokens: true });
  await createToken(cli.app, member, { name: 'nightly', expires_in: 90 * 86_400 });
  const inDays = { ...cli.as(cli.app.root), columns: 80, now: new Date(cli.app.clock.now() + 3 * 86_400_000) };
  const { stdout } = await cli.run(['audit', '--limit', '3', '--no-color'], inDays);
  const [head, ...events] = stdout.trimEnd().split('\n');
  expect(head?.split(/ {2,}/).slice(0, 4)).toEqual(['TIME', 'ACTOR', 'ACTION', 'TARGET']);
  expect(events[0]).toMatch(/ firstname\.lastname@\S*… +token\.created +nightly of/);
  for (const line of [head, ...events]) expect(line?.length).toBeLessThanOrEqual(80);
});

it('names what an event changed on a terminal of 80 columns, without the kind that its action says', async () => {
  await cli.run(['service-accounts', 'create', 'platform'], cli.as(cli.app.root));
  const audit = (more: object) =>
    cli.run(['audit', '--limit', '1', '--no-color'], { ...cli.as(cli.app.root), ...more });
  expect((await audit({ columns: 80 })).stdout).toMatch(/ service_account\.created +platform /);
  expect((await audit({})).stdout).toContain('\tservice_account.created\tservice-account service-account:platform\t');
});
