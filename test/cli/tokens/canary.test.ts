import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestCliWithApp } from '../../helpers/cli/cli.ts';
import { useOf } from '../../store/contract/records.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let value: string;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  const created = await cli.run(['create', 'backup-server', '--canary'], cli.as(cli.app.dev));
  expect(created).toMatchObject({ code: 0 });
  value = created.stdout.trim();
});
afterEach(() => cli.close());

it('creates a canary, and marks it in the list', async () => {
  expect(value).toMatch(/^tok_[0-9A-Za-z]{38}$/);
  const { stdout } = await cli.run(['list'], cli.as(cli.app.dev));
  expect(stdout).toMatch(/^backup-server\t.*active \(canary\)/m);
  expect(JSON.parse((await cli.run(['show', 'backup-server', '--json'], cli.as(cli.app.dev))).stdout)).toMatchObject({
    canary: true,
    status: 'active',
  });
});

it('lists canaries only, those that were used, or all others', async () => {
  const dev = cli.as(cli.app.dev);
  await cli.run(['create', 'laptop'], dev);
  const names = async (...options: string[]) => {
    const { code, stdout } = await cli.run(['list', '--columns', 'name', ...options], dev);
    return code === 0 ? stdout.trim().split('\n').slice(1) : code;
  };
  expect(await names()).toEqual(['laptop', 'backup-server']);
  expect(await names('--canaries')).toEqual(['backup-server']);
  expect(await names('--canaries', '--never-used')).toEqual(['backup-server']);
  expect(await names('--no-canaries')).toEqual(['laptop']);
  expect(await names('--used-canaries')).toEqual([]);
  const { id } = JSON.parse((await cli.run(['show', 'backup-server', '--json'], dev)).stdout);
  await cli.app.store.tokens.recordUses([useOf(id, { at: cli.app.clock.now() })]);
  expect(await names('--used-canaries')).toEqual(['backup-server']);
  expect(await names('--used-canaries', '--canaries')).toBe(2);
  expect(await names('--canaries', '--status', 'revoked')).toBe(2);
});

it('says canary to its owner, who trips no alarm, and unknown to others', async () => {
  const check = async (surroundings: object) => {
    const { code, stdout } = await cli.run(['check', '--json'], { stdin: value, ...surroundings });
    return { code, reason: JSON.parse(stdout).reason };
  };
  expect(await check(cli.as(cli.app.dev))).toEqual({ code: 4, reason: 'canary' });
  const shown = await cli.run(['show', 'backup-server', '--json'], cli.as(cli.app.dev));
  expect(JSON.parse(shown.stdout).last_used).toBeNull();
  const other = await cli.app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  expect(await check(cli.as(other))).toEqual({ code: 4, reason: 'unknown' });
  expect(await check({})).toEqual({ code: 4, reason: 'unknown' });
});

it('refuses to rotate a canary', async () => {
  const ran = await cli.run(['rotate', 'backup-server', '--json'], cli.as(cli.app.dev));
  expect(ran).toMatchObject({ code: 5, stdout: '' });
  expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'canary' });
});
