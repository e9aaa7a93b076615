import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonOf } from '../../helpers/app/app.ts';
import { onTerminal, openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
});
afterEach(() => cli.close());

const apply = (stdin: string, options: string[] = [], surroundings: Surroundings = {}) =>
  cli.run(['apply', '-f', '-', ...options], { ...cli.as(cli.app.root), stdin, ...surroundings });
const applied = async (stdin: string, options: string[] = []) => {
  const ran = await apply(stdin, ['--json', ...options]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout);
};
const exported = async () => JSON.parse((await cli.run(['export', '--json'], cli.as(cli.app.root))).stdout);

const trust = `service_accounts: [{ name: ci }]
trusts:
  - name: deploy
    service_account: ci
    issuer: https://issuer.example.com
    claims: { sub: main }
webhooks:
  - url: https://hooks.example.com/
    events: [token.*]
`;

describe('a trust or webhook in the file', () => {
  it('needs only the fields that change, if it exists', async () => {
    await applied(trust);
    const changes =
      'trusts: [{ name: deploy, ttl: 600 }]\nwebhooks: [{ url: https://hooks.example.com, disabled: true }]\n';
    expect(await applied(changes)).toMatchObject({ applied: 2 });
    expect(await applied(changes)).toEqual({ changes: [], applied: 0 });
    const { trusts, webhooks } = await exported();
    expect(trusts).toMatchObject([{ service_account: 'ci', claims: { sub: 'main' }, ttl: 600 }]);
    expect(webhooks).toMatchObject([{ events: ['token.*'], disabled: true }]);
  });

  it('needs all required fields, if it is new, and each mistake has a position', async () => {
    const ran = await apply(
      'trusts:\n  - name: deploy\n    issuer: https://issuer.example.com\nwebhooks:\n  - url: https://hooks.example.com\n',
    );
    expect(ran).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: - has 3 mistakes. Nothing was changed.
-:2:5: trusts[0].service_account is required for a new trust.
-:2:5: trusts[0].claims is required for a new trust.
-:5:5: webhooks[0].events is required for a new webhook.
`,
    });
  });

  it('cannot name what --prune would remove', async () => {
    await applied(`apps: [{ name: wiki }]\n${trust}`);
    const file =
      'apps: []\nservice_accounts: []\ntrusts:\n  - name: deploy\n    service_account: ci\n    apps: [wiki]\n';
    expect(await apply(file, ['--prune', '--yes'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: - has 2 mistakes. Nothing was changed.
-:5:22: trusts[0].service_account names the service account ci, which --prune would remove. Add it to service_accounts.
-:6:11: trusts[0].apps names the app wiki, which --prune would remove. Add it to apps.
`,
    });
    expect((await exported()).apps).toHaveLength(1);
  });
});

describe('hosts that move between apps', () => {
  const hosts = (...apps: [string, string[]][]) =>
    `apps: ${JSON.stringify(apps.map(([name, list]) => ({ name, hosts: list.map((host) => `${host}.example.com`) })))}`;

  it.each<[string, [string, string[]][], [string, string[]][], number]>([
    [
      'swap',
      [
        ['a', ['x']],
        ['b', ['y']],
      ],
      [
        ['a', ['y']],
        ['b', ['x']],
      ],
      3,
    ],
    [
      'swap, and keep others',
      [
        ['a', ['x', 'k']],
        ['b', ['y', 'l']],
      ],
      [
        ['a', ['y', 'k']],
        ['b', ['x', 'l', 'm']],
      ],
      3,
    ],
    [
      'form a ring',
      [
        ['a', ['x']],
        ['b', ['y']],
        ['c', ['z']],
      ],
      [
        ['a', ['y']],
        ['b', ['z']],
        ['c', ['x']],
      ],
      4,
    ],
    [
      'form a chain',
      [
        ['a', ['x']],
        ['b', ['y']],
        ['c', ['z']],
      ],
      [
        ['a', ['y']],
        ['b', ['z']],
        ['c', ['w']],
      ],
      3,
    ],
    [
      'form two rings',
      [
        ['a', ['p']],
        ['b', ['q']],
        ['c', ['r']],
        ['d', ['s']],
      ],
      [
        ['a', ['q']],
        ['b', ['p']],
        ['c', ['s']],
        ['d', ['r']],
      ],
      6,
    ],
    [
      'feed a chain from a ring',
      [
        ['a', ['x', 'v']],
        ['b', ['y']],
        ['c', ['z']],
      ],
      [
        ['a', ['y']],
        ['b', ['x']],
        ['c', ['v']],
      ],
      4,
    ],
  ])('%s', async (_what, before, after, changes) => {
    await applied(hosts(...before));
    expect(await applied(hosts(...after))).toMatchObject({ applied: changes });
    const now: { name: string; hosts: string[] }[] = (await exported()).apps;
    expect(now.map(({ name, hosts }) => [name, hosts.sort()])).toEqual(
      after.map(([name, list]) => [name, list.map((host) => `${host}.example.com`).sort()]),
    );
    expect(await applied(hosts(...after))).toEqual({ changes: [], applied: 0 });
  });

  it('go to a new app from one that is removed', async () => {
    await applied(hosts(['old', ['x']]));
    expect(await applied(hosts(['new', ['x']]), ['--prune', '--yes'])).toMatchObject({ applied: 2 });
  });

  it('belong to one app of the file only', async () => {
    const ran = await apply(hosts(['a', ['x']], ['b', ['X', 'y']]));
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain(': apps[1].hosts[0] is a host of apps[0] too. A host belongs to one app.');
  });
});

describe('a failure', () => {
  it('names the object, the progress and the place in the file', async () => {
    await applied('apps: [{ name: other, hosts: [x.example.com] }]');
    const ran = await apply('apps:\n  - name: a\n  - name: b\n    hosts:\n      - x.example.com\n');
    expect(ran.code).toBe(5);
    expect(ran.stderr).toBe(`error: Could not create app b. Made 1 of 2 changes. Run the command again to continue.
-:5:7: apps[1].hosts: Another app has the host x.example.com. Remove it there first.
`);
  });

  it('reports every rule that the server does not accept, with its position', async () => {
    const file = `${trust.split('webhooks')[0]}    allow:\n      - get /x\n      - GET /y\n      - GET /a/../b\n`;
    const ran = await apply(file, ['--json']);
    expect(JSON.parse(ran.stderr).errors).toMatchObject([
      { pointer: '#line=8,9', detail: expect.stringMatching(/^-:8:9: trusts\[0\]\.allow\[0\]: “get” is not a method/) },
      {
        pointer: '#line=10,9',
        detail: expect.stringMatching(/^-:10:9: trusts\[0\]\.allow\[2\]: No request can match/),
      },
    ]);
  });

  it('tells how to replace the secrets that were lost with the response', async () => {
    const lost: typeof fetch = async (input, init) => {
      const response = await cli.app.fetchApp(new Request(input as string, init));
      const isCreation = init?.method === 'POST';
      if (isCreation)
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });
      return response;
    };
    const client = await apply('clients: [{ name: gateway }]', [], { fetch: lost });
    expect(client.stderr).toContain(
      'If the client gateway exists then, nobody knows its secret: replace it with `tokens clients rotate NAME`.',
    );
    const hook = await apply('webhooks: [{ url: https://hooks.example.com/path, events: ["*"] }]', [], { fetch: lost });
    expect(hook.stderr).toContain(
      'If the webhook https://hooks.example.com/… exists then, nobody knows its secret: replace it with `tokens webhooks rotate-secret ID`.',
    );
    const both = await apply('clients: [{ name: one }, { name: two }]', [], { fetch: lost });
    // Both were created at the same time.
    for (const name of ['one', 'two']) expect(both.stderr).toContain(`client ${name} exists then`);
    // The advice names commands that exist.
    for (const command of ['clients rotate', 'webhooks rotate-secret'])
      expect((await cli.run([...command.split(' '), '--help'])).stdout).toContain(`tokens ${command}`);
    const app = await apply('apps: [{ name: wiki }]', [], { fetch: lost });
    expect(app.stderr).not.toContain('secret');
  });

  it('is Ctrl-C, after which it names the changes that were made', async () => {
    const abort = new AbortController();
    let creations = 0;
    const interrupted: typeof fetch = async (input, init) => {
      if (init?.method === 'POST') creations += 1;
      if (creations === 3) {
        abort.abort();
        throw new DOMException('This operation was aborted', 'AbortError');
      }
      return cli.app.fetchApp(new Request(input as string, init));
    };
    const file = 'apps: [{ name: a }, { name: b }]\nclients: [{ name: gateway }]';
    const ran = await apply(file, [], { fetch: interrupted, signal: abort.signal });
    expect(ran.code).toBe(130);
    expect(ran.stderr).toMatch(
      /^Cancelled\. Made 2 of 3 changes\. Run the command again to continue\. If the client gateway exists then/,
    );
    expect(await applied(file)).toMatchObject({ applied: 1 });
  });

  it('is a closed pipe, unless the command would change nothing', async () => {
    const closed = { stdoutFails: 'EPIPE' };
    expect(await apply('apps: [{ name: wiki }]', [], closed)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the command stopped'),
    });
    expect((await exported()).apps).toEqual([]);
    expect(await apply('apps: [{ name: wiki }]', ['--dry-run'], closed)).toMatchObject({ code: 0 });
  });

  it('is a closed pipe at a secret, which it reports as lost', async () => {
    let writes = 0;
    const onWrite = () => {
      writes += 1;
      // The plan is two writes.
      if (writes === 3) throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
    };
    const ran = await apply('clients: [{ name: gateway }]', [], { onWrite });
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Its secret cannot be printed (EPIPE), and is lost'),
    });
    expect(await jsonOf(cli.app.ask('/api/v1/clients', { as: cli.app.root }))).toMatchObject({
      items: [{ name: 'gateway' }],
    });
  });

  it('is not the same change by another run after the plan was made', async () => {
    await applied('apps: [{ name: wiki }]');
    const { items } = await jsonOf<{ items: { id: string }[] }>(cli.app.ask('/api/v1/apps', { as: cli.app.root }));
    const path = `/api/v1/apps/${items[0]?.id}`;
    const change = { method: 'PATCH', as: cli.app.root, json: { groups: ['developers'] } };
    const after: typeof fetch = async (input, init) => {
      // The command reads the app once more before it changes it.
      if (String(input).endsWith(path)) await cli.app.ask(path, change);
      return cli.app.fetchApp(new Request(input as string, init));
    };
    const ran = await apply('apps: [{ name: wiki, groups: [developers] }]', [], { fetch: after });
    expect(ran).toMatchObject({ code: 0, stderr: 'Made 1 change.\n' });
  });

  it('is too many requests, with the time to wait', async () => {
    const busy: typeof fetch = async (input, init) =>
      init?.method === 'POST'
        ? new Response('{}', { status: 429, headers: { 'Retry-After': '7' } })
        : cli.app.fetchApp(new Request(input as string, init));
    const ran = await apply('apps: [{ name: wiki }]', [], { fetch: busy });
    expect(ran).toMatchObject({
      code: 7,
      stderr: expect.stringMatching(/Made 0 of 1 change\. .*\n {2}Retry after: 7 seconds/),
    });
  });
});
