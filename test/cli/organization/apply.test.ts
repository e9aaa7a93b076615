import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatOrganization } from '../../../cli/organization/file/document.ts';
import type { UserRecord } from '../../../server/store/records.ts';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import { sections } from '../../../shared/schemas/organization/sections.ts';
import type { Scope } from '../../../shared/scopes.ts';
import { jsonOf } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { appFetch, onTerminal, openTestCliWithApp, password, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let directory: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  directory = await mkdtemp(join(tmpdir(), 'tokens-apply-'));
});
afterEach(async () => {
  await cli.close();
  await rm(directory, { recursive: true, force: true });
});

const apply = (file: Organization | string, options: string[] = [], surroundings: Surroundings = {}) => {
  const stdin = typeof file === 'string' ? file : formatOrganization(file, 'schema');
  return cli.run(['apply', '-f', '-', ...options], { ...cli.as(cli.app.root), stdin, ...surroundings });
};
const applyJson = async (file: Organization | string, options: string[] = []) => {
  const ran = await apply(file, ['--json', ...options]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout);
};
const exported = async (): Promise<Everything> =>
  JSON.parse((await cli.run(['export', '--json'], cli.as(cli.app.root))).stdout);
/** A file with every section. */
type Everything = { [K in keyof Organization]-?: NonNullable<Organization[K]> };

const ask = (path: string, options: Parameters<typeof cli.app.ask>[1] = {}) =>
  cli.app.ask(`/api/v1${path}`, { as: cli.app.root, ...options });
const find = async <T>(path: string): Promise<T> => (await jsonOf<{ items: T[] }>(ask(path))).items[0] as T;

const kinds = Object.values(sections).map(({ kind }) => kind);

const file: Organization = {
  members: [{ email: 'ada@example.com', name: 'Ada', can_manage_tokens: true, groups: ['developers'] }],
  apps: [{ name: 'wiki', url: 'https://wiki.example.com/', hosts: ['wiki.example.com'], groups: ['developers'] }],
  clients: [{ name: 'gateway', can_revoke: false, can_report: false }],
};

/** Objects that refer to each other. */
const machines: Organization = {
  service_accounts: [{ name: 'ci', description: 'Builds', maintainers: ['ada@example.com'], groups: ['developers'] }],
  trusts: [
    {
      name: 'deploy',
      service_account: 'ci',
      issuer: 'https://token.actions.githubusercontent.com',
      claims: { repository: 'acme/api', ref: 'refs/heads/main' },
      apps: ['wiki'],
    },
  ],
  webhooks: [{ url: 'https://hooks.example.com/secret-path', events: ['token.*', 'app.*'] }],
};

describe('tokens apply', () => {
  it('prints the plan field by field, and creates the missing objects', async () => {
    const ran = await apply(file);
    expect(ran.stdout.replace(/tks_\S+|[\w-]{30,}$/m, 'SECRET')).toBe(`+ create app wiki
    url: "https://wiki.example.com/"
    hosts: ["wiki.example.com"]
    groups: ["developers"]
+ create member ada@example.com
    name: "Ada"
    can_manage_tokens: true
    groups: ["developers"]
+ create client gateway
    can_revoke: false
    can_report: false
3 changes: 3 to create, 0 to change, 0 to remove.
client\tgateway\tSECRET
`);
    expect(ran).toMatchObject({ code: 0, stderr: 'Made 3 changes.\n' });
    const now = await exported();
    expect(now.apps).toEqual([{ ...file.apps?.[0], max_expiry: null, preflight: 'deny' }]);
    expect(now.clients).toEqual(file.clients);
    expect(now.members).toContainEqual({ ...file.members?.[0], superuser: false, auditor: false, disabled: false });
  });

  it('changes nothing the second time, and exits with 0', async () => {
    await apply(file);
    const before = await exported();
    expect(await applyJson(file)).toEqual({ changes: [], applied: 0 });
    expect((await apply(file)).stdout).toBe('Nothing to change.\n');
    expect(await exported()).toEqual(before);
  });

  it('accepts what export prints, and changes nothing', async () => {
    await apply(file);
    const { stdout } = await cli.run(['export'], cli.as(cli.app.root));
    expect(await applyJson(stdout, ['--prune'])).toEqual({ changes: [], applied: 0 });
    const json = await cli.run(['export', '--json'], cli.as(cli.app.root));
    expect(await applyJson(json.stdout, ['--prune'])).toEqual({ changes: [], applied: 0 });
  });

  it('changes only the fields that differ, and leaves others alone', async () => {
    await apply(file);
    const changed: Organization = {
      members: [{ email: 'ADA@example.com', name: 'Ada L.' }],
      apps: [{ name: 'wiki', groups: [] }],
      clients: [{ name: 'Gateway', can_revoke: true }],
    };
    expect(await applyJson(changed)).toEqual({
      changes: [
        { kind: 'app', name: 'wiki', action: 'change', fields: [{ field: 'groups', from: ['developers'], to: [] }] },
        {
          kind: 'member',
          name: 'ADA@example.com',
          action: 'change',
          fields: [{ field: 'name', from: 'Ada', to: 'Ada L.' }],
        },
        {
          kind: 'client',
          name: 'Gateway',
          action: 'change',
          fields: [{ field: 'can_revoke', from: false, to: true }],
        },
      ],
      applied: 3,
    });
    const now = await exported();
    expect(now.apps[0]).toMatchObject({ hosts: ['wiki.example.com'], groups: [] });
    expect(now.clients).toEqual([{ name: 'gateway', can_revoke: true, can_report: false }]);
    expect(now.members).toContainEqual(expect.objectContaining({ email: 'ada@example.com', groups: ['developers'] }));
  });

  it('only prints the plan with --dry-run', async () => {
    const report = await applyJson(file, ['--dry-run']);
    expect(report).toMatchObject({ applied: 0 });
    expect(report.changes).toHaveLength(3);
    expect((await exported()).apps).toEqual([]);
    expect((await apply(file, ['--dry-run'])).stdout).toContain('3 changes: 3 to create');
  });

  it('uses colors only on a terminal', async () => {
    const sequence = '\u001b[';
    expect((await apply(file, ['--dry-run'])).stdout).not.toContain(sequence);
    expect(
      (await apply(file, ['--dry-run'], { columns: 80, env: { ...cli.as(cli.app.root).env, NO_COLOR: '' } })).stdout,
    ).toContain(`${sequence}32m+ create`);
  });

  it('reports every mistake with its position, and sends nothing', async () => {
    const path = join(directory, 'org.yaml');
    await writeFile(path, 'apps:\n  - name: wiki\n    groups: developers\n    hots: []\n');
    const ran = await cli.run(['apply', '-f', path]);
    expect(ran).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        `error: ${path} has 2 mistakes. Nothing was changed.`,
        `${path}:3:13: apps[0].groups must be a list of names.`,
        `${path}:4:5: apps[0].hots is not known. Did you mean "hosts"?`,
        '',
      ].join('\n'),
    });
    const { stderr } = await cli.run(['apply', '--json', '-f', '-'], { stdin: 'apps: 1' });
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'invalid-file',
      errors: [{ detail: '-:1:7: apps must be a list of apps.' }],
    });
  });

  it('explains a file that cannot be read', async () => {
    const none = await cli.run(['apply', '-f', join(directory, 'none.yaml')]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no file') });
    const path = join(directory, 'latin1.yaml');
    await writeFile(path, Buffer.from([0x61, 0xe9]));
    expect(await cli.run(['apply', '-f', path])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not UTF-8'),
    });
  });
});

describe('service accounts, trusts and webhooks', () => {
  it('are created after the objects that they name, changed, and removed before them', async () => {
    const { secrets, ...created } = await applyJson({ ...file, ...machines });
    expect(created.changes.map(({ kind }: { kind: string }) => kind)).toEqual([
      'app',
      'member',
      'service_account',
      'client',
      'trust',
      'webhook',
    ]);
    expect(secrets).toContainEqual({
      kind: 'webhook',
      name: 'https://hooks.example.com/secret-path',
      secret: expect.stringMatching(/^whsec_/),
    });
    expect(await applyJson({ ...file, ...machines })).toEqual({ changes: [], applied: 0 });
    const changed: Organization = {
      service_accounts: [{ name: 'ci', disabled: true, maintainers: ['ADA@example.com', 'dev@example.com'] }],
      trusts: machines.trusts?.map((trust) => ({ ...trust, claims: { repository: 'acme/web' } })),
      webhooks: [{ url: 'https://HOOKS.example.com/secret-path', events: ['app.*'], disabled: true }],
    };
    expect(await applyJson(changed)).toMatchObject({ applied: 3 });
    expect(await applyJson(changed)).toEqual({ changes: [], applied: 0 });
    const now = await exported();
    expect(now.service_accounts[0]).toMatchObject({
      disabled: true,
      description: 'Builds',
      maintainers: expect.arrayContaining(['ada@example.com', 'dev@example.com']),
    });
    expect(now.trusts[0]).toMatchObject({ claims: { repository: 'acme/web' }, apps: ['wiki'] });
    expect(now.webhooks[0]).toMatchObject({ events: ['app.*'], disabled: true });
    const nothing = { service_accounts: [], trusts: [], webhooks: [], apps: [] };
    const removed = await applyJson(nothing, ['--prune', '--yes']);
    expect(removed.changes.map(({ kind }: { kind: string }) => kind)).toEqual([
      'webhook',
      'trust',
      'service_account',
      'app',
    ]);
    expect(await exported()).toMatchObject(nothing);
  });

  it('are shown without the path of a webhook, which may be a secret', async () => {
    const { stdout, stderr } = await apply({ webhooks: machines.webhooks });
    expect(stdout).toContain('+ create webhook https://hooks.example.com/…\n');
    expect(
      stdout
        .split('\n')
        .filter((line) => !line.startsWith('webhook\t'))
        .join() + stderr,
    ).not.toContain('secret-path');
  });
});

describe('a management key', () => {
  let platform: UserRecord;
  beforeEach(async () => {
    platform = await storeServiceAccount(cli.app, 'platform');
  });
  let keys = 0;
  const keyWith = (scopes: Scope[]) => {
    keys += 1;
    return storeKey(cli.app, platform, scopes, { name: `key-${keys}` });
  };
  const withKey = async (scopes: Scope[], text: Organization, options: string[] = []) => {
    const key = await keyWith(scopes);
    const stdin = formatOrganization(text, 'schema');
    return cli.run(['apply', '-f', '-', ...options], { env: { TOKENS_KEY: key.value }, stdin });
  };

  it('applies a file if it has the scopes of its sections', async () => {
    const scopes: Scope[] = ['users:write', 'apps', 'clients', 'service-accounts', 'trusts', 'webhooks'];
    const ran = await withKey(scopes, { ...file, ...machines }, ['--json']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({ applied: 6 });
  });

  it('reports every missing scope before the first change', async () => {
    const ran = await withKey(['users:read', 'trusts'], { ...file, ...machines });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain('lacks the scopes apps and service-accounts and clients and webhooks');
    const read = await withKey(['users:read'], { members: file.members });
    expect(read).toMatchObject({ code: 4, stderr: expect.stringContaining('lacks the scope users:write') });
    expect((await exported()).apps).toEqual([]);
  });

  it.each<[string, Organization, string[]]>([
    ['promote a member', { members: [{ email: 'dev@example.com', superuser: true }] }, []],
    ['grant the role auditor', { members: [{ email: 'dev@example.com', auditor: true }] }, []],
    ['create an auditor', { members: [{ email: 'eve@example.com', auditor: true }] }, []],
    ['create a superuser', { members: [{ email: 'eve@example.com', superuser: true }] }, []],
    ['change a superuser', { members: [{ email: 'root@example.com', name: 'R' }] }, []],
    ['disable superusers', { members: [{ email: 'dev@example.com' }] }, ['--prune', '--yes']],
    ['change its own service account', { service_accounts: [{ name: 'platform', disabled: true }] }, []],
    ['remove its own service account', { service_accounts: [] }, ['--prune', '--yes']],
  ])('cannot %s, and says so before the first change', async (_what, wanted, options) => {
    const apps = [{ name: 'wiki' }];
    const ran = await withKey(['users:write', 'service-accounts', 'apps'], { ...wanted, apps }, options);
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('Nothing was changed.') });
    expect((await exported()).apps).toEqual([]);
  });

  it('exports the sections that it may read', async () => {
    await apply({ ...file, ...machines });
    const key = await keyWith(['apps', 'users:read']);
    const ran = await cli.run(['export'], { env: { TOKENS_KEY: key.value } });
    expect(ran).toMatchObject({
      code: 0,
      stderr: 'The management key lacks the scopes to read service_accounts, clients, trusts, webhooks.\n',
    });
    expect(ran.stdout.match(/^\w+:/gm)).toEqual(['members:', 'apps:']);
  });
});

describe('examples/organization.yaml', () => {
  it('can be applied as it is, and a second time without a change', async () => {
    const example = await readFile(join(import.meta.dirname, '../../../examples/organization.yaml'), 'utf8');
    const { changes, applied } = await applyJson(example);
    expect(new Set(changes.map(({ kind }: { kind: string }) => kind))).toEqual(new Set(kinds));
    expect(applied).toBe(changes.length);
    expect(await applyJson(example)).toEqual({ changes: [], applied: 0 });
  });
});

describe('tokens apply --prune', () => {
  beforeEach(async () => {
    await apply(file);
  });
  const rest = async (): Promise<Organization> => ({
    members: (await exported()).members.filter(({ email }) => email !== 'ada@example.com'),
    apps: [],
    clients: [],
  });

  it('removes nothing without the option, and asks with it', async () => {
    const wanted = await rest();
    expect(await applyJson(wanted)).toEqual({ changes: [], applied: 0 });
    const refused = await apply(wanted, ['--prune']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --yes.') });
    expect((await exported()).apps).toHaveLength(1);
    const path = join(directory, 'org.yaml');
    await writeFile(path, formatOrganization(wanted, 'schema'));
    const no = await cli.run(['apply', '-f', path, '--prune'], { ...cli.as(cli.app.root), answers: [false] });
    expect(no).toMatchObject({ code: 130 });
    expect(cli.questions.at(-1)).toContain('Remove 3 objects');
    // The report comes at the end, so the plan is on stderr before the question.
    const json = await cli.run(['apply', '-f', path, '--prune', '--json'], {
      ...cli.as(cli.app.root),
      answers: [false],
    });
    expect(json).toMatchObject({ code: 130, stderr: expect.stringMatching(/- remove\S* app wiki/) });
    expect(JSON.parse(json.stdout)).toMatchObject({ applied: 0 });
    const yes = await cli.run(['apply', '-f', path, '--prune'], { ...cli.as(cli.app.root), answers: [true] });
    expect(yes).toMatchObject({ code: 0 });
    expect((await exported()).apps).toEqual([]);
  });

  it('disables members, and deletes everything else', async () => {
    const report = await applyJson(await rest(), ['--prune', '--yes']);
    expect(report.changes).toEqual([
      { kind: 'client', name: 'gateway', action: 'remove', fields: [] },
      {
        kind: 'member',
        name: 'ada@example.com',
        action: 'remove',
        fields: [{ field: 'disabled', from: false, to: true }],
      },
      { kind: 'app', name: 'wiki', action: 'remove', fields: [] },
    ]);
    const now = await exported();
    expect(now).toMatchObject({ apps: [], clients: [] });
    expect(now.members).toContainEqual(expect.objectContaining({ email: 'ada@example.com', disabled: true }));
    expect(await applyJson(await rest(), ['--prune', '--yes'])).toEqual({ changes: [], applied: 0 });
  });

  it('leaves sections alone that the file leaves out', async () => {
    expect(await applyJson({ apps: [] }, ['--prune', '--yes'])).toMatchObject({ applied: 1 });
    expect((await exported()).clients).toHaveLength(1);
  });

  it('never disables the superuser who applies the file', async () => {
    const ran = await apply({ members: [] }, ['--prune', '--yes']);
    expect(ran).toMatchObject({ code: 5, stderr: expect.stringContaining('The file does not list you') });
    const demoted = await apply({ members: [{ email: cli.app.root.email, superuser: false }] });
    expect(demoted).toMatchObject({ code: 5, stderr: expect.stringContaining('demotes you') });
    expect((await exported()).members.every(({ disabled }) => !disabled)).toBe(true);
  });

  it('frees a host before another app needs it', async () => {
    const moved: Organization = { apps: [{ name: 'pages', hosts: ['wiki.example.com'] }] };
    expect(await applyJson(moved, ['--prune', '--yes'])).toMatchObject({ applied: 2 });
    const back: Organization = {
      apps: [
        { name: 'docs', hosts: ['wiki.example.com'] },
        { name: 'pages', hosts: [] },
      ],
    };
    expect(await applyJson(back)).toMatchObject({ applied: 2 });
    expect((await exported()).apps.find(({ name }) => name === 'docs')?.hosts).toEqual(['wiki.example.com']);
  });
});

describe('the secrets of what apply creates', () => {
  const two: Organization = { clients: [{ name: 'one' }, { name: 'two' }] };

  it('are in the report with --json', async () => {
    const { secrets } = await applyJson(two);
    // Both are created at the same time, so that either can be the first.
    expect(secrets).toHaveLength(2);
    for (const name of ['one', 'two'])
      expect(secrets).toContainEqual({ kind: 'client', name, secret: expect.stringMatching(/\S{30}/) });
  });

  it('go to a new file that only its owner can read', async () => {
    const path = join(directory, 'secrets');
    const ran = await apply(two, ['--secrets-file', path]);
    expect(ran).toMatchObject({ code: 0 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const secrets = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(secrets.map((line) => JSON.parse(line).name).sort()).toEqual(['one', 'two']);
    for (const line of secrets) expect(ran.stdout).not.toContain(JSON.parse(line).secret);
    // A second run creates nothing, so that the file may stay where it is.
    expect(await apply(two, ['--secrets-file', path])).toMatchObject({ code: 0 });
  });

  it('are not created if their file exists or cannot be created', async () => {
    const path = join(directory, 'secrets');
    await writeFile(path, 'mine');
    expect(await apply(two, ['--secrets-file', path])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exists already'),
    });
    expect(await apply(two, ['--secrets-file', join(directory, 'none', 'secrets')])).toMatchObject({ code: 1 });
    expect((await exported()).clients).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe('mine');
  });
});

describe('a failure while a file is applied', () => {
  it('stops, names the changes that were made, and lets the next run continue', async () => {
    await ask('/apps', { json: { name: 'other', hosts: ['taken.example.com'] } });
    const broken: Organization = {
      apps: [{ name: 'wiki' }, { name: 'shop', hosts: ['taken.example.com'] }],
      clients: [{ name: 'x' }],
    };
    const ran = await apply(broken, ['--json']);
    expect(ran.code).toBe(5);
    expect(JSON.parse(ran.stdout)).toMatchObject({ applied: 1 });
    const { code, detail, errors } = JSON.parse(ran.stderr);
    expect(code).toBe('host-taken');
    expect(detail).toMatch(/^Could not create app shop\. Made 1 of 3 changes\. Run the command again to continue\.$/);
    expect(errors).toMatchObject([{ detail: expect.stringMatching(/^-:\d+:\d+: apps\[1\]\.hosts: Another app/) }]);
    const { id } = await find<{ id: string }>('/apps?name=other');
    await ask(`/apps/${id}`, { method: 'DELETE' });
    expect(await applyJson(broken)).toMatchObject({ applied: 2 });
  });

  it.each<[string, Organization, string[]]>([
    ['a change', { apps: [{ name: 'wiki', groups: [] }] }, []],
    ['a removal', { apps: [] }, ['--prune', '--yes']],
  ])('of %s is that somebody else changed the object after the plan was made', async (_what, wanted, options) => {
    await apply(file);
    const { id } = await find<{ id: string }>('/apps?name=wiki');
    // Changes the app when the plan is printed.
    let change: Promise<unknown> | undefined;
    const onWrite = () => {
      change ??= Promise.resolve(ask(`/apps/${id}`, { method: 'PATCH', json: { groups: ['others'] } }));
    };
    const slowly: typeof fetch = async (input, init) => {
      await change;
      return cli.app.fetchApp(new Request(input as string, init));
    };
    const ran = await apply(wanted, options, { onWrite, fetch: slowly });
    expect(ran).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('Somebody changed it after the plan was made'),
    });
    expect((await exported()).apps[0]?.groups).toEqual(['others']);
  });

  it('is a change between the last read and the request, which If-Match detects', async () => {
    await apply(file);
    const { id } = await find<{ id: string }>('/apps?name=wiki');
    const between: typeof fetch = async (input, init) => {
      if (init?.method === 'PATCH') await ask(`/apps/${id}`, { method: 'PATCH', json: { url: null } });
      return cli.app.fetchApp(new Request(input as string, init));
    };
    const ran = await apply({ apps: [{ name: 'wiki', groups: [] }] }, [], { fetch: between });
    expect(ran).toMatchObject({ code: 5, stderr: expect.stringContaining('Somebody changed this after you read it') });
    expect((await exported()).apps[0]).toMatchObject({ url: null, groups: ['developers'] });
  });

  it('is a missing right, which it reports before the first change', async () => {
    const ran = await apply(file, [], cli.as(cli.app.dev));
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('Organization Superuser') });
  });
});

describe('tokens export', () => {
  it('writes a file that an editor can check, in place of an older one', async () => {
    await apply(file);
    const path = join(directory, 'org.yaml');
    await writeFile(path, 'old');
    expect(await cli.run(['export', '-f', path], cli.as(cli.app.root))).toEqual({
      code: 0,
      stdout: '',
      stderr: `Wrote ${path}.\n`,
    });
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(
      /^# yaml-language-server: \$schema=https:\/\/tokens\.example\.com\/schemas\/organization\.json\n/,
    );
    expect(text).not.toMatch(/secret|password/i);
    expect(await applyJson(text)).toEqual({ changes: [], applied: 0 });
    const { code, stderr } = await cli.run(['export', '-f', join(directory, 'none', 'x')], cli.as(cli.app.root));
    expect(code).toBe(1);
    expect(stderr).toContain('cannot be written (ENOENT)');
  });
});

describe('a plan that gives a role', () => {
  const plan: Organization = {
    members: [
      { email: 'ada@example.com', name: 'Ada' },
      { email: 'eve@example.com', name: 'Eve', auditor: true },
    ],
    apps: [{ name: 'wiki', hosts: ['wiki.example.com'] }],
  };
  const script: Surroundings = { stderrIsTTY: false };
  const applyFile = async (plan: Organization, surroundings: Surroundings) => {
    const path = join(directory, 'organization.yaml');
    await writeFile(path, formatOrganization(plan, 'schema'));
    return cli.run(['apply', '-f', path], surroundings);
  };
  const names = async () => [
    (await cli.app.store.users.findByEmail('ada@example.com'))?.email,
    (await cli.app.store.apps.findByName('wiki'))?.name,
  ];
  const nothing = [undefined, undefined];
  /** The session of a superuser who signed in so long ago. */
  const minutesLater = async (minutes: number) => {
    const env = { TOKENS_SESSION: await cli.app.signIn(cli.app.root.id) };
    cli.app.clock.advance(minutes * 60_000);
    return { env };
  };

  it('asks for the confirmation before the first change, once', async () => {
    const later = await minutesLater(61);
    const ran = await applyFile(plan, { ...later, answers: [password] });
    expect(ran).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('because the plan makes eve@example.com an auditor.'),
    });
    expect(cli.questions).toEqual(['Password']);
    expect(await names()).toEqual(['ada@example.com', 'wiki']);
    expect(await cli.app.store.users.findByEmail('eve@example.com')).toMatchObject({ auditor: true });
  });

  it.each([61, 58])('changes nothing without a terminal %i minutes after the confirmation', async (minutes) => {
    const later = await minutesLater(minutes);
    for (const role of [{ auditor: true }, { superuser: true }]) {
      const members = [{ email: 'ada@example.com' }, { email: 'eve@example.com', ...role }];
      const ran = await apply({ ...plan, members }, [], { ...later, ...script });
      expect([ran.code, ran.stderr]).toEqual([
        4,
        expect.stringMatching(
          /because the plan makes eve@example.com an .* Nothing was changed. Run the command in a terminal, or/,
        ),
      ]);
      expect(await names()).toEqual(nothing);
    }
  });

  it('changes nothing after a wrong password', async () => {
    const later = await minutesLater(61);
    const ran = await applyFile(plan, { ...later, answers: ['wrong'] });
    expect(ran.code).toBe(4);
    expect(await names()).toEqual(nothing);
  });

  it('follows the clock of the server, and asks nothing of a server that knows no confirmations', async () => {
    const later = await minutesLater(30);
    const through = appFetch(cli.app);
    const now = () => cli.app.clock.now();
    const send =
      (change: (text: string) => string): typeof fetch =>
      async (input, init) => {
        const response = await through(input, init);
        if (!String(input).endsWith('/sessions/current')) return response;
        const headers = { 'Content-Type': 'application/json', Date: new Date(now()).toUTCString() };
        return new Response(change(await response.text()), { headers });
      };
    const dayAhead = { ...later, ...script, now: new Date(now() + 24 * 60 * 60_000) };
    expect((await apply(plan, [], { ...dayAhead, fetch: send((text) => text) })).code).toBe(0);
    expect(cli.questions).toEqual([]);
    const old = send((text) => text.replace('"confirmed_until"', '"unknown"'));
    const members = [...(plan.members ?? []), { email: 'max@example.com', auditor: true }];
    expect((await apply({ members }, [], { ...dayAhead, fetch: old })).code).toBe(0);
    expect(cli.questions).toEqual([]);
  });

  it('asks nothing for other plans, for a dry run and soon after the confirmation', async () => {
    const later = await minutesLater(61);
    expect((await apply(plan, ['--dry-run'], { ...later, ...script })).code).toBe(0);
    expect((await apply({ apps: plan.apps ?? [] }, [], { ...later, ...script })).code).toBe(0);
    expect((await apply(plan, [], { ...(await minutesLater(30)), ...script })).code).toBe(0);
    expect((await apply(plan, [], { ...(await minutesLater(61)), ...script })).code).toBe(0);
    expect(cli.questions).toEqual([]);
  });
});
