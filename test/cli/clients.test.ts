import { afterEach, beforeEach, expect, it } from 'vitest';
import { onTerminal, openTestCliWithApp } from '../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
});
afterEach(() => cli.close());

const asRoot = (...argv: string[]) => cli.run(['clients', ...argv], cli.as(cli.app.root));
const isValid = async (id: string, secret: string) =>
  (await cli.app.services.clients.authenticate(id, secret)) !== null;

it('creates a client and prints its secret', async () => {
  const { code, stdout, stderr } = await asRoot('create', 'gateway');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [, id = '', secret = ''] = /^Client ID:\t(\S+)\nClient secret:\t(\S+)\n$/.exec(stdout) ?? [];
  expect(await isValid(id, secret)).toBe(true);
  const list = (await asRoot('list', '--json')).stdout;
  expect(JSON.parse(list)).toMatchObject([{ name: 'gateway', client_id: id, can_revoke: false }]);
  expect(list).not.toContain(secret);
});

it('changes each right on its own', async () => {
  await asRoot('create', 'scanner', '--can-report');
  const { stdout } = await asRoot('edit', 'scanner', '--can-revoke', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ can_revoke: true, can_report: true });
  await asRoot('edit', 'scanner', '--no-can-report');
  expect(JSON.parse((await asRoot('list', '--json')).stdout)).toMatchObject([{ can_revoke: true, can_report: false }]);
});

it('prints the API object with --json, and sets can_revoke with --can-revoke', async () => {
  const created = JSON.parse((await asRoot('create', 'scanner', '--can-revoke', '--json')).stdout);
  expect(Object.keys(created)).toEqual([
    ...['id', 'client_id', 'name', 'can_revoke', 'can_report', 'created_at', 'client_secret'],
  ]);
  expect(created.can_revoke).toBe(true);
});

it('invalidates the old secret on rotation', async () => {
  const created = JSON.parse((await asRoot('create', 'gateway', '--json')).stdout);
  const rotated = JSON.parse((await asRoot('rotate', 'GATEWAY', '--json')).stdout);
  expect(rotated.client_id).toBe(created.client_id);
  expect(await isValid(created.client_id, created.client_secret)).toBe(false);
  expect(await isValid(created.client_id, rotated.client_secret)).toBe(true);
});

it('changes the rights of a client, and leaves its secret valid', async () => {
  const created = JSON.parse((await asRoot('create', 'gateway', '--json')).stdout);
  expect(await asRoot('edit', 'Gateway', '--can-revoke')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'Changed gateway.\n',
  });
  expect(JSON.parse((await asRoot('list', '--json')).stdout)).toMatchObject([{ can_revoke: true }]);
  const { stdout } = await asRoot('edit', created.client_id, '--no-can-revoke', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'gateway', can_revoke: false });
  expect(await isValid(created.client_id, created.client_secret)).toBe(true);
  expect(await asRoot('edit', 'gateway')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nothing to change'),
  });
  expect((await asRoot('edit', 'nothing', '--can-revoke')).code).toBe(3);
  expect((await cli.run(['clients', 'edit', 'gateway', '--can-revoke'], cli.as(cli.app.dev))).code).toBe(4);
});

it('asks for confirmation on a terminal only, and not with --yes', async () => {
  const created = JSON.parse((await asRoot('create', 'gateway', '--json')).stdout);
  const no = await cli.run(['clients', 'delete', 'gateway'], { ...cli.as(cli.app.root), answers: [false] });
  expect(no.code).toBe(130);
  expect(await isValid(created.client_id, created.client_secret)).toBe(true);
  expect((await asRoot('delete', created.client_id)).code).toBe(0);
  expect(await isValid(created.client_id, created.client_secret)).toBe(false);
  await asRoot('create', 'other');
  const withoutPrompt = await cli.run(['clients', 'delete', 'other', '--yes'], {
    ...cli.as(cli.app.root),
    answers: [],
  });
  expect(withoutPrompt.code).toBe(0);
});

it('exits 5 for a name that is already used, 3 for an unknown one, and 4 for a regular member', async () => {
  await asRoot('create', 'gateway');
  expect((await asRoot('create', 'Gateway')).code).toBe(5);
  expect((await asRoot('rotate', 'nothing')).code).toBe(3);
  expect((await asRoot('delete', 'nothing', '--yes')).code).toBe(3);
  expect((await cli.run(['clients', 'list'], cli.as(cli.app.dev))).code).toBe(4);
});
