import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, verdict } from '../../helpers/app/app.ts';
import { onTerminal, openTestCliWithApp, type Surroundings, shownTime } from '../../helpers/cli/cli.ts';

const day = 86_400_000;

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let root: Surroundings;
let value: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  [dev, root] = [cli.as(cli.app.dev), cli.as(cli.app.root)];
  value = (await createToken(cli.app, cli.app.dev, { name: 'ci', expires_in: 90 * 86_400 })).token;
});
afterEach(() => cli.close());

/** Lets time pass. Sessions end in the meantime, so the member signs in again. */
const advance = async (ms: number) => {
  cli.app.clock.advance(ms);
  dev = { env: { TOKENS_SESSION: await cli.app.signIn(cli.app.dev.id) } };
};
const run = (argv: string[], as = dev) => cli.run(argv, as);
const show = async (name = 'ci'): Promise<Token> => JSON.parse((await run(['show', name, '--json'])).stdout);
const works = () => verdict(cli.app, value);

describe('tokens edit', () => {
  it('changes the name, the description, the expiry and self-rotation, and keeps the value', async () => {
    const argv = ['edit', 'CI', '--name', 'build', '--description', 'Builds', '--expires', '30d', '--self-rotate'];
    const ran = await run(argv);
    expect(ran).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('it is now named build') });
    const expires_at = new Date(cli.app.clock.now() + 30 * day).toISOString();
    expect(ran.stderr).toMatch(/ and expires on \d+ [A-Z][a-z]+ 20\d\d\.$/m);
    expect(await show('build')).toMatchObject({ description: 'Builds', expires_at, self_rotate: true });
    expect(await works()).toBe(200);
    expect(JSON.parse((await run(['edit', 'build', '--no-self-rotate', '--json'])).stdout)).toMatchObject({
      name: 'build',
      self_rotate: false,
    });
    expect(JSON.parse((await run(['edit', 'build', '--quiet-networks', '--json'])).stdout).quiet_networks).toBe(true);
    expect(JSON.parse((await run(['edit', 'build', '--no-quiet-networks', '--json'])).stdout).quiet_networks).toBe(
      false,
    );
    expect((await run(['edit', 'build', '--description', ''])).code).toBe(0);
    expect((await show('build')).description).toBeNull();
  });

  it('lets tokens get find the stored value under the new name', async () => {
    const stored = (await run(['create', 'laptop', '--store'])).stdout;
    await run(['edit', 'laptop', '--name', 'desktop']);
    expect((await run(['get', 'desktop'])).stdout).toBe(stored);
    expect((await run(['get', 'laptop'])).code).toBe(3);
  });

  it('exits 2 without a change, for a bad value and for self-rotation without an expiry', async () => {
    for (const options of [[], ['--expires', 'soon'], ['--name', ''], ['--expires', 'never', '--self-rotate']]) {
      expect((await run(['edit', 'ci', ...options])).code).toBe(2);
    }
  });

  it("exits 5 for a name that is taken or a token that has expired, and 3 for another member's", async () => {
    await createToken(cli.app, cli.app.dev, { name: 'other', expires_in: 3600 });
    const taken = await run(['edit', 'ci', '--name', 'OTHER']);
    expect(taken).toMatchObject({
      code: 5,
      stderr: 'error: You already have a token with this name. Choose another name.\n',
    });
    expect((await run(['edit', 'ci', '--name', 'x'], root)).code).toBe(3);
    await advance(day);
    const ran = await run(['edit', 'other', '--expires', '9d', '--json']);
    expect(ran.code).toBe(5);
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'token-inactive', status: 409 });
  });
});

describe('tokens pause and resume', () => {
  it('stop tokens and let them work again', async () => {
    const ran = await run(['pause', 'ci', '--reason', 'Freeze']);
    expect(ran).toEqual({ code: 0, stdout: '', stderr: `Paused ci (${value.slice(0, 12)}).\n` });
    expect(await works()).toBe('paused');
    expect((await run(['check'], { stdin: value })).stdout).toMatch(/^paused\t/);
    expect((await run(['list', '--status', 'paused'])).stdout).toContain('\tpaused\t');
    const shown = (await run(['show', 'ci'])).stdout;
    expect(shown).toMatch(/^Status:\tpaused\nPaused:\t.* by dev@example\.com\nReason:\tFreeze$/m);
    expect((await run(['resume', 'ci'])).stderr).toBe(`Resumed ci (${value.slice(0, 12)}).\n`);
    expect(await works()).toBe(200);
  });

  it('say so if there is nothing to resume, and where to look for a token that does not exist', async () => {
    const stderr = async (argv: string[], as = dev) => (await run(argv, as)).stderr;
    expect(await stderr(['resume', 'ci'])).toContain('is neither paused nor idle');
    expect(await stderr(['pause', 'none'])).toContain('Run `tokens list` to see');
    for (const command of ['pause', 'show', 'usage']) {
      const hint = 'Run `tokens list --user dev@example.com` to see';
      expect(await stderr([command, 'none', '--user', 'dev@example.com'], root)).toContain(hint);
    }
  });

  it('end the pause by itself with --for and --until', async () => {
    await run(['pause', 'ci', '--for', '2d']);
    await advance(2 * day - 1);
    expect(await works()).toBe('paused');
    await advance(1);
    expect(await works()).toBe(200);
    const until = new Date(cli.app.clock.now() + day).toISOString();
    const { paused } = JSON.parse((await run(['pause', 'ci', '--until', until, '--json'])).stdout);
    expect(paused).toMatchObject({ until, reason: null });
    const tomorrow = until.slice(0, 10);
    expect((await run(['pause', 'ci', '--until', tomorrow])).stderr).toContain(`until ${shownTime(tomorrow)}`);
  });

  it('do all they can, and exit with the code of the first failure', async () => {
    await createToken(cli.app, cli.app.dev, { name: 'two' });
    const ran = await run(['pause', 'none', 'ci', 'two', '--json']);
    expect(ran.code).toBe(3);
    const names = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).name);
    expect(names).toEqual(['ci', 'two']);
    expect((await run(['resume', 'two', 'none', 'ci'])).code).toBe(3);
    expect([(await show()).status, (await show('two')).status]).toEqual(['active', 'active']);
  });

  it("change another member's token for a superuser, whose pause only superusers lift", async () => {
    expect((await run(['pause', 'ci', '--user', 'dev@example.com'], root)).code).toBe(0);
    expect(await show()).toMatchObject({ status: 'paused', paused: { by: 'root@example.com' } });
    expect((await run(['resume', 'ci'])).code).toBe(4);
    expect((await run(['pause', 'ci', '--for', '1h'])).code).toBe(4);
    expect(await works()).toBe('paused');
    expect((await run(['resume', 'ci', '--user', 'dev@example.com'], root)).code).toBe(0);
    expect(await works()).toBe(200);
  });

  it('reject bad options before they ask the server', async () => {
    for (const options of [
      ['--for', 'soon'],
      ['--until', '5d'],
      ['--for', '1d', '--until', '2099-01-01'],
      ['--for', '0d'],
    ]) {
      expect((await run(['pause', 'ci', ...options])).code).toBe(2);
    }
    expect(await works()).toBe(200);
  });
});

it('creates a token that may rotate itself with create --self-rotate, which needs an expiry', async () => {
  const created = await run(['create', 'agent', '--self-rotate', '--expires', '7d', '--json']);
  expect(JSON.parse(created.stdout)).toMatchObject({ self_rotate: true, lifetime: 7 * 86_400 });
  expect((await run(['show', 'agent'])).stdout).toMatch(/^Rotates itself:\tyes$/m);
  expect((await run(['create', 'never', '--self-rotate', '--expires', 'never'])).code).toBe(2);
});
