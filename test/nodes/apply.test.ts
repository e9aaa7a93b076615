import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { runProgram } from '../helpers/daemon/process.ts';

const nodes = useNodes('embedded', 2);
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

const kinds: [path: string, create: object, changes: (index: number) => object][] = [
  ['/users', { email: 'ada@example.com', invite: false }, (index) => ({ groups: [`team-${index}`] })],
  ['/apps', { name: 'wiki' }, (index) => ({ groups: [`team-${index}`] })],
  ['/service-accounts', { name: 'ci' }, (index) => ({ description: `Number ${index}` })],
  ['/clients', { name: 'gateway' }, () => ({ can_revoke: true })],
  [
    '/trusts',
    { name: 'deploy', service_account: 'ci', issuer: 'https://issuer.example.com', claims: { sub: 'main' } },
    (index) => ({ ttl: 60 + index }),
  ],
  ['/webhooks', { url: 'https://hooks.example.com/', events: ['*'] }, (index) => ({ description: `Number ${index}` })],
];

it.each(kinds)(
  'lets one of many changes of %s with the same ETag pass, on either daemon',
  async (path, body, change) => {
    const { daemons, root } = nodes();
    const created = await root.request('POST', path, body);
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    const etag = (await root.request('GET', `${path}/${id}`)).headers.get('etag') ?? '';
    const headers = {
      Authorization: `Bearer ${root.session}`,
      'Content-Type': 'application/json',
      'If-Match': etag,
    };
    const statuses = await Promise.all(
      times(20, async (index) => {
        const url = `${daemons[index % 2]?.url}/api/v1${path}/${id}`;
        const response = await fetch(url, { method: 'PATCH', headers, body: JSON.stringify(change(index)) });
        await response.text();
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(19);
  },
);

it('applies one file through both daemons at the same time, without a duplicate', { timeout: 300_000 }, async () => {
  const { daemons, root } = nodes();
  const directory = await mkdtemp(join(tmpdir(), 'tokens-apply-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'organization.json');
  const file = {
    members: times(40, (index) => ({ email: `m${index}@example.com`, groups: ['developers'] })),
    service_accounts: times(10, (index) => ({ name: `account-${index}`, maintainers: [`m${index}@example.com`] })),
    apps: times(10, (index) => ({ name: `app-${index}`, hosts: [`app-${index}.example.com`] })),
    clients: times(5, (index) => ({ name: `client ${index}` })),
  };
  await writeFile(path, JSON.stringify(file));
  const env = (url = '') => ({ HOME: directory, TOKENS_SERVER: url, TOKENS_SESSION: root.session });
  const apply = (url?: string) => runProgram('tokens', ['apply', '--json', '-f', path], { env: env(url) });
  const urls = daemons.map(({ url }) => url);
  for (const { code } of await Promise.all(urls.map(apply))) expect([0, 5]).toContain(code);
  expect(await apply(urls[0])).toMatchObject({ code: 0 });
  expect(await apply(urls[1])).toMatchObject({ code: 0, stdout: '{"changes":[],"applied":0}\n' });
  const { stdout } = await runProgram('tokens', ['export', '--json'], { env: env(urls[1]) });
  const emails = (JSON.parse(stdout) as typeof file).members.map(({ email }) => email);
  expect(emails.filter((email) => /^m\d/.test(email))).toHaveLength(40);
  // Hosts that are swapped through one daemon are swapped on the other one.
  const swapped = file.apps.map(({ name }, index) => ({ name, hosts: [`app-${index ^ 1}.example.com`] }));
  await writeFile(path, JSON.stringify({ apps: swapped }));
  expect(await apply(urls[0])).toMatchObject({ code: 0 });
  expect(await apply(urls[1])).toMatchObject({ code: 0, stdout: '{"changes":[],"applied":0}\n' });
});
