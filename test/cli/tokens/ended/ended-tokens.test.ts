import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../../helpers/app/app.ts';
import { openTestCliWithApp, type Surroundings } from '../../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let root: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
  root = cli.as(cli.app.root);
});
afterEach(() => cli.close());

async function end(name: string, as = cli.app.dev) {
  const token = await createToken(cli.app, cli.app.dev, { name });
  await cli.app.ask(`/api/v1/tokens/${token.id}`, { as, method: 'DELETE' });
  return token;
}

it('shows how a token ended, by its name, prefix and ID, and fails as for any token that does not exist', async () => {
  const { id, prefix } = await end('ci-pipeline', cli.app.root);
  for (const text of ['ci-pipeline', 'CI-Pipeline', prefix, id]) {
    const { code, stdout, stderr } = await cli.run(['show', text], dev);
    expect(code).toBe(3);
    expect(stderr).toMatch(/ci-pipeline was revoked by root@example\.com on \d+ \w+ \d{4}\./);
    expect(stdout).toContain('Ended by:\troot@example.com');
    expect(stdout).toContain(`ID:\t${id}`);
  }
  const { code, stdout } = await cli.run(['show', 'ci-pipeline', '--json'], dev);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    id,
    status: 'revoked',
    ended_by: 'root@example.com',
    denied_requests: [],
  });
});

it('shows the living token of a name, and of several that ended the one that ended last', async () => {
  await end('ci');
  cli.app.clock.advance(1000);
  const last = await end('ci');
  expect((await cli.run(['show', 'ci'], dev)).stdout).toContain(last.id);
  const living = await createToken(cli.app, cli.app.dev, { name: 'ci' });
  const { code, stdout } = await cli.run(['show', 'ci'], dev);
  expect([code, stdout.includes(living.id)]).toEqual([0, true]);
  expect((await cli.run(['show', 'never'], dev)).stdout).toBe('');
});

it('shows a superuser how a token of another owner ended, by the prefix of each of its values', async () => {
  const token = await createToken(cli.app, cli.app.dev, { name: 'ci-pipeline' });
  await cli.app.ask(`/api/v1/tokens/${token.id}/rotate`, { as: cli.app.dev, method: 'POST', json: {} });
  await cli.app.ask(`/api/v1/tokens/${token.id}`, { as: cli.app.dev, method: 'DELETE' });
  const { stdout, stderr } = await cli.run(['show', token.prefix], root);
  expect(stdout).toContain(`ID:\t${token.id}`);
  expect(stderr).toMatch(/ci-pipeline was revoked by dev@example\.com on /);
  const { prefix } = await end('of-root', cli.app.root);
  const other = await cli.app.addMember({ email: 'other@example.com' });
  for (const text of [prefix, token.prefix]) {
    const hidden = await cli.run(['show', text], cli.as(other));
    expect([hidden.code, hidden.stdout]).toEqual([3, '']);
    expect(hidden.stderr).toContain('There is no token');
  }
});

it('changes nothing of a token that ended', async () => {
  const { id } = await end('ci');
  for (const argv of [
    ['rotate', 'ci'],
    ['pause', id],
  ]) {
    const { code, stdout } = await cli.run(argv, dev);
    expect([code, stdout]).toEqual([3, '']);
  }
});

it('lists tokens that ended, also as JSON, and those of others for superusers only', async () => {
  const { id, prefix } = await end('ci', cli.app.root);
  await createToken(cli.app, cli.app.dev, { name: 'living' });
  const { stdout } = await cli.run(['list', '--status', 'revoked'], dev);
  const [, line, ...others] = stdout.trim().split('\n');
  expect(others).toEqual([]);
  expect(line?.split('\t').slice(0, 3)).toEqual(['ci', prefix, 'revoked']);
  expect(line).toContain('root@example.com');
  const all = await cli.run(['list', '--all', '--status', 'revoked', '--json'], root);
  expect(JSON.parse(all.stdout)).toMatchObject([{ id, owner: 'dev@example.com', reason: 'revoked' }]);
  expect((await cli.run(['list', '--all', '--status', 'revoked'], dev)).code).toBe(4);
  const { code, stderr } = await cli.run(['list', '--status', 'revoked', '--never-used'], dev);
  expect([code, stderr]).toEqual([2, expect.stringContaining('status=revoked')]);
});
