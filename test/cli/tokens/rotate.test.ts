import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import { createToken, verdict } from '../../helpers/app/app.ts';
import {
  appFetch,
  lockedKeychain,
  onTerminal,
  openTestCliWithApp,
  type Surroundings,
  shownTime,
} from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let old: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  dev = cli.as(cli.app.dev);
  old = (await createToken(cli.app, cli.app.dev, { name: 'ci', expires_in: 90 * 86_400 })).token;
});
afterEach(() => cli.close());

const run = (argv: string[], more: Surroundings = {}) => cli.run(argv, { ...dev, ...more });
const rotate = (argv: string[] = [], more: Surroundings = {}) => run(['rotate', 'ci', ...argv], more);
const show = async (): Promise<Token> => JSON.parse((await run(['show', 'ci', '--json'])).stdout);
const verdicts = (...values: string[]) => Promise.all(values.map((value) => verdict(cli.app, value.trimEnd())));

describe('tokens rotate', () => {
  it('prints only the new value in a pipe, and keeps the old one working for 24 hours', async () => {
    const { code, stdout, stderr } = await rotate();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^tok_[0-9A-Za-z]{38}\n$/);
    expect(await verdicts(old, stdout)).toEqual([200, 200]);
    cli.app.clock.advance(86_400_000 + 1);
    expect(await verdicts(old, stdout)).toEqual(['rotated', 200]);
  });

  it('warns on a terminal that the value cannot be shown again', async () => {
    const { stdout, stderr } = await rotate([], { columns: 80 });
    expect(isWellFormedToken(stdout.trimEnd())).toBe(true);
    expect(stderr).toContain('cannot be shown again');
    const end = (await show()).previous?.valid_until;
    expect(stderr).toContain(
      `The old value (${old.slice(0, 12)}) works until ${shownTime(end)}. To end it earlier: tokens rotate ci`,
    );
    const atOnce = await rotate(['--overlap', '0', '--end-previous'], { columns: 80 });
    expect(atOnce.stderr).toContain('The old value no longer works.');
  });

  it('prints the token object with the value with --json', async () => {
    const token = JSON.parse((await rotate(['--json', '--overlap', '7d', '--expires', '30d'])).stdout);
    expect(token).toMatchObject({ name: 'ci', previous: { prefix: old.slice(0, 12), last_used: null } });
    expect(Date.parse(token.previous.valid_until) - cli.app.clock.now()).toBe(7 * 86_400_000);
    expect(Date.parse(token.expires_at) - cli.app.clock.now()).toBe(30 * 86_400_000);
    expect(await verdicts(token.token)).toEqual([200]);
  });

  it('ends the old value at once with --overlap 0', async () => {
    const { stdout } = await rotate(['--overlap', '0']);
    expect(await verdicts(old, stdout)).toEqual(['rotated', 200]);
    expect((await run(['check'], { stdin: old })).stdout).toMatch(/^rotated\t/);
  });

  it('makes `check` name the value that it was given, and say until when an old one works', async () => {
    const current = (await rotate()).stdout.trimEnd();
    const prefixes = [old, current].map((value) => value.slice(0, 12));
    expect(await run(['check'], { stdin: old })).toEqual({
      code: 0,
      stdout: `active\t${prefixes[0]}\tci\tdev@example.com\n`,
      stderr: `This is the old value of ci. It works until ${shownTime((await show()).previous?.valid_until)}. The current value starts with ${prefixes[1]}.\n`,
    });
    expect(await run(['check'], { stdin: current })).toMatchObject({
      stdout: `active\t${prefixes[1]}\tci\tdev@example.com\n`,
      stderr: '',
    });
    const asJson = await run(['check', '--json'], { stdin: old });
    expect(asJson.stderr).toBe('');
    expect(JSON.parse(asJson.stdout)).toMatchObject({ prefix: prefixes[0], token: { prefix: prefixes[1] } });
    cli.app.clock.advance(86_400_001);
    expect((await run(['check'], { stdin: old })).stdout).toBe(`rotated\t${prefixes[0]}\tci\tdev@example.com\n`);
  });

  it('exits 5 while an old value still works, and ends that value with --end-previous', async () => {
    const second = (await rotate()).stdout;
    const pending = await rotate(['--json']);
    expect(pending).toMatchObject({ code: 5, stdout: '' });
    expect(JSON.parse(pending.stderr)).toMatchObject({ code: 'rotation-pending', status: 409 });
    const { stderr } = await rotate();
    expect(stderr).toContain(
      `(${old.slice(0, 12)}) works until ${shownTime((await show()).previous?.valid_until)}. End it with`,
    );
    for (const way of ['--finish', '--end-previous']) expect(stderr).toContain(`tokens rotate ci ${way}`);
    const third = (await rotate(['--end-previous'])).stdout;
    expect(await verdicts(old, second, third)).toEqual(['rotated', 200, 200]);
  });

  it('ends the overlap with --finish, and exits 3 if there is none', async () => {
    const { stdout } = await rotate();
    const finished = await rotate(['--finish']);
    expect(finished).toEqual({ code: 0, stdout: '', stderr: `The old value of ci (${old.slice(0, 12)}) ended.\n` });
    expect(await verdicts(old, stdout)).toEqual(['rotated', 200]);
    expect((await rotate(['--finish'])).code).toBe(3);
    await rotate();
    expect(JSON.parse((await rotate(['--finish', '--json'])).stdout)).toMatchObject({ name: 'ci', previous: null });
  });

  it('stores the new value with --store in place of the old one', async () => {
    await run(['create', 'laptop', '--store', '--no-print']);
    const before = (await run(['get', 'laptop'])).stdout;
    expect((await run(['rotate', 'laptop', '--store', '--no-print'])).stdout).toBe('');
    const after = (await run(['get', 'laptop'])).stdout;
    expect(after).not.toBe(before);
    expect(await verdicts(before, after)).toEqual([200, 200]);
  });

  it('says without --store that the keychain holds the old value and when that ends, and suggests no command', async () => {
    await run(['create', 'laptop', '--store', '--no-print']);
    const end = new Date(cli.app.clock.now() + 3_600_000).toISOString();
    expect((await run(['rotate', 'laptop', '--overlap', '1h'])).stderr).toBe(
      `The OS keychain still holds the old value, which works until ${shownTime(end)}. Next time, give --store to store the new one there.\n`,
    );
    const atOnce = await run(['rotate', 'laptop', '--overlap', '0', '--end-previous']);
    expect(atOnce.stderr).toContain('the old value, which no longer works. Next time');
  });

  it.each([
    ['no keychain', null],
    ['a locked keychain', lockedKeychain],
  ])('exits 1 for --store with %s, and rotates nothing', async (_, keychain) => {
    const ran = await rotate(['--store', '--json'], { keychain });
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      code: 'no-keychain',
      detail: expect.stringContaining('not rotated'),
    });
    expect((await show()).rotated_at).toBeNull();
  });

  it.each([
    [['--no-print']],
    [['--overlap', 'soon']],
    [['--overlap', '31d']],
    [['--finish', '--overlap', '1h']],
    [['--finish', '--store']],
    [['--finish', '--no-print']],
  ])('rejects %j and rotates nothing', async (argv) => {
    expect((await rotate(argv)).code).toBe(2);
    expect((await show()).rotated_at).toBeNull();
  });

  it("exits 3 for another member's token, and 5 for one that is paused", async () => {
    expect((await run(['rotate', 'ci'], cli.as(cli.app.root))).code).toBe(3);
    await run(['pause', 'ci']);
    const ran = await rotate(['--json']);
    expect(ran).toMatchObject({ code: 5, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'token-inactive', status: 409 });
  });
});

describe('tokens rotate, if the response or the value is lost,', () => {
  const lost = () => {
    const cause = Object.assign(new Error('lost'), { code: 'UND_ERR_SOCKET' });
    return new TypeError('fetch failed', { cause });
  };
  /** A `fetch` that loses the responses to the first rotations. */
  function losing(times: number) {
    const real = appFetch(cli.app);
    const keys: (string | null)[] = [];
    const fetch: typeof globalThis.fetch = async (url, init) => {
      const response = await real(url, init);
      if (init?.method !== 'POST') return response;
      keys.push(new Headers(init.headers).get('idempotency-key'));
      if (keys.length <= times) throw lost();
      return response;
    };
    return { fetch, keys };
  }

  const wayOn =
    'Get another one with `tokens rotate ci --end-previous`, but the value that is in use now then stops working at once.';

  it('asks again with the same key, and rotates once more because that has no value', async () => {
    const { fetch, keys } = losing(1);
    const { code, stdout } = await rotate([], { fetch });
    expect(code).toBe(0);
    expect(keys).toHaveLength(3);
    expect([keys[0] === keys[1], keys[1] === keys[2]]).toEqual([true, false]);
    expect(await verdicts(stdout, old)).toEqual([200, 'rotated']);
    expect((await show()).prefix).toBe(stdout.slice(0, 12));
  });

  it('says that the token may have a lost value, and how to get another', async () => {
    const ran = await rotate([], { fetch: losing(9).fetch });
    expect(ran).toMatchObject({ code: 6, stdout: '' });
    expect(ran.stderr).toContain(wayOn);
    expect(await verdicts(old)).toEqual([200]);
    expect(await verdicts((await rotate(['--end-previous'])).stdout, old)).toEqual([200, 'rotated']);
  });

  it('asks only once if the request never reached the server', async () => {
    let posts = 0;
    const real = appFetch(cli.app);
    const fetch: typeof globalThis.fetch = (url, init) => {
      if (init?.method !== 'POST') return real(url, init);
      posts += 1;
      const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      return Promise.reject(new TypeError('fetch failed', { cause }));
    };
    const ran = await rotate([], { fetch });
    expect([ran.code, posts, ran.stderr.includes('--end-previous')]).toEqual([6, 1, false]);
  });

  it.each(['ENOSPC', 'EPIPE'])('says so if stdout fails with %s, and names the way on', async (stdoutFails) => {
    const ran = await rotate([], { stdoutFails });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain(stdoutFails);
    expect(ran.stderr).toContain(wayOn);
    expect(await verdicts(old)).toEqual([200]);
    await rotate(['--end-previous']);
    expect(await verdicts(old)).toEqual(['rotated']);
    const ended = await rotate(['--end-previous', '--overlap', '0'], { stdoutFails });
    expect(ended.stderr).toContain('`tokens rotate ci --end-previous`.');
  });

  it('says so if the keychain fails to store the value', async () => {
    const keychain = {
      ...cli.keychain,
      set: async (account: string, secret: string) => {
        if (account.includes('/token/')) throw new Error('full');
        await cli.keychain.set(account, secret);
      },
    };
    const ran = await rotate(['--store'], { keychain });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toContain('--end-previous');
  });

  it('quotes a name that a shell would not take as it is', async () => {
    await createToken(cli.app, cli.app.dev, { name: '-my token' });
    const ran = await run(['rotate', '--', '-my token'], { stdoutFails: 'ENOSPC' });
    expect(ran.stderr).toContain("`tokens rotate --end-previous -- '-my token'`");
  });

  it('writes no value that is not one', async () => {
    const real = appFetch(cli.app);
    const fetch: typeof globalThis.fetch = async (url, init) => {
      const response = await real(url, init);
      if (init?.method !== 'POST') return response;
      return Response.json({ ...((await response.json()) as object), token: '\u001b[2J' }, { status: 201 });
    };
    expect(await rotate([], { fetch })).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('tokens show', () => {
  /** Records a use of the old value, as the daemon does when it writes last uses. */
  async function useOld(): Promise<void> {
    const at = cli.app.clock.now();
    const request = { method: 'GET', path: '/builds', ip: '203.0.113.7', userAgent: 'old-job/1' };
    const { id } = await show();
    await cli.app.store.tokens.recordUses([{ tokenId: id, prefix: old.slice(0, 12), previous: true, at, ...request }]);
  }

  it('keeps the time of a use before the rotation, as the list does', async () => {
    await rotate();
    expect((await run(['show', 'ci'])).stdout).toMatch(/^Last used:\tnever$/m);
    await useOld();
    await rotate(['--overlap', '0', '--end-previous']);
    cli.app.clock.advance(600_000);
    expect((await run(['show', 'ci'])).stdout).toMatch(/^Last used:\t\S+ \(before the rotation\)$/m);
    expect(JSON.parse((await run(['show', 'ci', '--json'])).stdout)).toMatchObject({
      ...{ last_used: null, previous: null },
      previous_used_at: new Date(cli.app.clock.now() - 600_000).toISOString(),
    });
    expect((await run(['list'])).stdout).not.toContain('never\t');
  });

  it('finds a token by the prefix of a value that no longer works, for the owner and a superuser', async () => {
    const prefix = old.slice(0, 12);
    await rotate(['--overlap', '0']);
    for (const as of [cli.app.dev, cli.app.root]) {
      const { code, stdout } = await cli.run(['show', prefix], cli.as(as));
      expect([code, stdout.split('\n')[0]]).toEqual([0, 'Name:\tci']);
    }
    const stranger = await cli.app.addMember({ email: 'stranger@example.com' });
    expect(await cli.run(['show', prefix], cli.as(stranger))).toMatchObject({ code: 3, stdout: '' });
    expect(await cli.run(['revoke', prefix, '--yes'], cli.as(cli.app.dev))).toMatchObject({ code: 3 });
  });

  it('lists both values and says whether the old one was used since the rotation', async () => {
    expect((await run(['show', 'ci'])).stdout).not.toContain('Old value');
    await rotate();
    const unused = (await run(['show', 'ci'])).stdout;
    expect(unused).toMatch(new RegExp(`^Old value:\\t${old.slice(0, 12)} works until \\S+ \\(.+\\)$`, 'm'));
    expect(unused).toMatch(/^Old value used:\tnot since the rotation$/m);
    expect(unused).toMatch(/^Rotated:\t/m);
    await useOld();
    const used = (await run(['show', 'ci'])).stdout;
    expect(used).toMatch(/^Last used:\t.* · GET \/builds · 203\.0\.113\.7 \(with the old value\)$/m);
    expect(used).toMatch(/^User agent:\told-job\/1$/m);
    expect(used).toMatch(/^Old value used:\tsince the rotation, .* · GET \/builds · 203\.0\.113\.7$/m);
    expect(used).toMatch(/^Its user agent:\told-job\/1$/m);
  });
});
