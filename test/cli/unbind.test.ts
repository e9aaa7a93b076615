import { afterEach, beforeEach, expect, it } from 'vitest';
import { cancel, openTestCliWithApp, type Surroundings } from '../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let root: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  root = cli.as(cli.app.root);
  for (const { id } of [cli.app.dev, cli.app.root]) {
    await cli.app.store.users.setIdentity(id, { issuer: 'https://sso.example.com', subject: id });
  }
});
afterEach(() => cli.close());

const isBound = async ({ id }: { id: string }) => (await cli.app.store.users.identityOf(id)) !== null;

it('asks first, and changes nothing if the answer is no', async () => {
  const argv = ['users', 'unbind', 'dev@example.com'];
  expect((await cli.run(argv, { ...root, answers: [false] })).code).toBe(130);
  expect((await cli.run(argv, { ...root, answers: [cancel] })).code).toBe(130);
  expect((await cli.run(argv, root)).code, 'without a terminal and without --yes').toBe(2);
  expect(await isBound(cli.app.dev)).toBe(true);
  expect(cli.questions.join()).toContain('Unbind dev@example.com from single sign-on and end all sessions?');
  expect(await cli.run(argv, { ...root, answers: [true] })).toMatchObject({ code: 0, stdout: '' });
  expect(await isBound(cli.app.dev)).toBe(false);
});

it('prints each member with --json, and continues after a failure', async () => {
  await cli.app.addMember({ email: 'local@example.com' });
  const argv = ['users', 'unbind', 'local@example.com', 'dev@example.com', '--yes', '--json'];
  const { code, stdout, stderr } = await cli.run(argv, root);
  expect([code, JSON.parse(stderr).code]).toEqual([5, 'not-connected']);
  expect(JSON.parse(stdout)).toMatchObject({ email: 'dev@example.com', sso: true });
});

it('does not unbind the superuser who runs it, because a session alone must not change how they sign in', async () => {
  const { code, stderr } = await cli.run(['users', 'unbind', 'root@example.com', '--yes'], root);
  expect([code, stderr]).toEqual([5, expect.stringContaining('Ask another Organization Superuser')]);
  expect((await cli.run(['whoami'], root)).code).toBe(0);
});
