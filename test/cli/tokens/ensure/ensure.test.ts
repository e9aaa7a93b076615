import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../../server/config/config.ts';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { assembleToken, isWellFormedToken } from '../../../../shared/token-format.ts';
import { createToken, verdict } from '../../../helpers/app/app.ts';
import { appFetch, openTestCliWithApp, type Ran, type Surroundings } from '../../../helpers/cli/cli.ts';

const hour = 3_600_000;
const day = 24 * hour;

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let directory: string;
let file: string;
const open = async (settings: Partial<Config> = {}) => {
  cli = await openTestCliWithApp(settings);
  dev = cli.as(cli.app.dev);
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-ensure-'));
  file = join(directory, 'token');
  await open();
});
afterEach(async () => {
  await cli.close();
  await rm(directory, { recursive: true });
});

/** Lets time pass. Sessions end in the meantime, so the member signs in again. */
const advance = async (ms: number) => {
  cli.app.clock.advance(ms);
  dev = { env: { TOKENS_SESSION: await cli.app.signIn(cli.app.dev.id) } };
};
const ensure = (argv: string[] = [], more: Surroundings = {}) =>
  cli.run(['ensure', 'ci', '--out', file, ...argv], { ...dev, ...more });
const ensureJson = async (argv: string[] = [], more: Surroundings = {}) =>
  JSON.parse((await ensure([...argv, '--json'], more)).stdout);
const content = () => readFile(file, 'utf8');
const value = async () => (await content()).trimEnd();
const status = async () => verdict(cli.app, await value());
const list = async (): Promise<Token[]> => JSON.parse((await cli.run(['list', '--json'], dev)).stdout);
const signedOut: Surroundings = { env: {} };
const expectUnchanged = async (ran: Ran, code: number, before: string) => {
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(await content()).toBe(before);
  expect(await readdir(directory)).toEqual(['token']);
};

describe('tokens ensure', () => {
  it('creates the token, and then changes nothing', async () => {
    const ran = await ensure([], { stderrIsTTY: true });
    expect(ran).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^Created ci \(tok_\w{8}\) and wrote /),
    });
    expect(await content()).toMatch(/^tok_[0-9A-Za-z]{38}\n$/);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    expect(await status()).toBe(200);
    const before = await content();
    await advance(75 * day);
    expect(await ensure()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await content()).toBe(before);
    expect(await list()).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['token']);
  });

  it('says that rules are only those of a new token, if the token has others', async () => {
    const rules = ['--read-only', '--from', '203.0.113.0/24', '--from', '2001:db8::/32'];
    await ensure(rules);
    expect(await ensure(rules)).toEqual({ code: 0, stdout: '', stderr: '' });
    const { code, stderr } = await ensure(['--read-only', '--allow', 'GET /a']);
    expect([code, stderr]).toEqual([
      0,
      "ci has other rules, which stay as they are. To change them: tokens edit ci --read-only --allow 'GET /a'\n",
    ]);
    expect((await list())[0]?.allow).toBeNull();
  });

  it('prints what it did with --json, without the value', async () => {
    const expires_at = new Date(cli.app.clock.now() + 90 * day).toISOString();
    const created = await ensure(['--json']);
    const prefix = (await value()).slice(0, 12);
    const same = { name: 'ci', prefix, expires_at, file };
    expect(JSON.parse(created.stdout)).toEqual({ changed: true, action: 'created', ...same });
    expect(await ensureJson()).toEqual({ changed: false, action: 'none', ...same });
    await advance(80 * day);
    const rotated = await ensure(['--json']);
    expect(JSON.parse(rotated.stdout)).toMatchObject({ changed: true, action: 'rotated', name: 'ci', file });
    for (const { stdout, stderr } of [created, rotated]) {
      expect(stdout + stderr).not.toContain(await value());
      expect(stderr).toBe('');
    }
  });

  it('rotates the token while its old value still works, within 14 days of its end', async () => {
    await ensure();
    const old = await value();
    await advance(76 * day + 1000);
    expect(await ensureJson()).toMatchObject({ action: 'rotated' });
    expect(await value()).not.toBe(old);
    expect([await status(), await verdict(cli.app, old)]).toEqual([200, 200]);
    await advance(25 * hour);
    expect([await status(), await verdict(cli.app, old)]).toEqual([200, 'rotated']);
    expect(await list()).toHaveLength(1);
  });

  it.each([
    [['--expires', '30d'], 20 * day - 1000, 20 * day],
    [['--expires', '30d', '--renew-before', '2d'], 28 * day - 1000, 28 * day],
    [['--expires', '2d'], 32 * hour - 1000, 32 * hour],
  ])('with %j, changes nothing after %i ms and rotates after %i ms', async (argv, before, after) => {
    await ensure(argv);
    await advance(before);
    expect(await ensureJson(argv)).toMatchObject({ action: 'none' });
    await advance(after - before);
    expect(await ensureJson(argv)).toMatchObject({ action: 'rotated' });
  });

  it('never rotates a token that never expires', async () => {
    await ensure(['--expires', 'never']);
    await advance(400 * day);
    expect(await ensureJson([], { env: {} })).toMatchObject({ action: 'none', expires_at: null });
  });

  it('rejects a margin with which every run would rotate', async () => {
    await ensure(['--expires', '2d']);
    const before = await content();
    await expectUnchanged(await ensure(['--renew-before', '3d']), 2, before);
    expect(await ensureJson(['--renew-before', '3d', '--expires', '9d'])).toMatchObject({ action: 'rotated' });
  });

  it('keeps a token that ends on the day of --expires, and says that it needs a later one', async () => {
    const end = new Date(cli.app.clock.now() + 60 * day).toISOString();
    const argv = ['--expires', end, '--renew-before', '14d'];
    await ensure(argv);
    const before = await content();
    await advance(50 * day);
    const kept = await ensure(argv);
    expect(kept).toMatchObject({ code: 0, stdout: '' });
    expect(kept.stderr).toBe(
      `ci ends at ${end} and was not rotated, because --expires gives it no later end. Give a later --expires.\n`,
    );
    const asJson = await ensure([...argv, '--json']);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ changed: false, action: 'none', expires_at: end });
    expect(asJson.stderr).toBe(kept.stderr);
    // Nor can a session help.
    expect((await ensure(argv, signedOut)).code).toBe(0);
    expect(await ensureJson(['--expires', new Date(cli.app.clock.now() + day).toISOString()])).toMatchObject({
      action: 'none',
    });
    await advance(11 * day);
    await expectUnchanged(await ensure(argv), 2, before);
    await advance(-11 * day);
    // A later date is nearer than --renew-before, and yet gains time once.
    const later = ['--expires', new Date(Date.parse(end) + day).toISOString(), '--renew-before', '14d'];
    expect([(await ensureJson(later)).action, (await ensureJson(later)).action]).toEqual(['rotated', 'none']);
  });

  it('replaces a value that no longer works, whatever --expires says', async () => {
    const argv = ['--expires', new Date(cli.app.clock.now() + 10 * day).toISOString(), '--renew-before', '14d'];
    await ensure(argv);
    await rm(file);
    expect([(await ensureJson(argv)).action, (await ensureJson(argv)).action]).toEqual(['rotated', 'none']);
  });

  it.each([
    ['no session', undefined],
    ['a session that ended', 'session_that_has_ended'],
  ])('rejects a margin with which every run would rotate the token itself, with %s', async (_, session) => {
    await ensure(['--expires', '2d', '--self-rotate']);
    const before = await content();
    const env: Surroundings = { env: session === undefined ? {} : { TOKENS_SESSION: session } };
    const argv = ['--expires', '90d', '--renew-before', '7d'];
    const ran = await ensure(argv, env);
    await expectUnchanged(ran, 2, before);
    expect(ran.stderr).toContain('Without a session, the token keeps its lifetime');
    expect([(await ensureJson(argv)).action, (await ensureJson(argv, env)).action]).toEqual(['rotated', 'none']);
  });

  it('lets a token that exists rotate itself with --self-rotate', async () => {
    await ensure();
    const before = await content();
    const allowed = await ensure(['--self-rotate'], { stderrIsTTY: true });
    expect(allowed.stderr).toMatch(/^ci may rotate itself from now on\.\n/);
    expect(await list()).toMatchObject([{ self_rotate: true }]);
    expect(await content()).toBe(before);
    expect(await ensure(['--self-rotate'])).toEqual({ code: 0, stdout: '', stderr: '' });
    await advance(80 * day);
    expect(await ensureJson(['--self-rotate'], signedOut)).toMatchObject({ action: 'rotated', self_rotate: true });
  });

  it('lets a token that it rotates rotate itself with --self-rotate, and says so with --json', async () => {
    await ensure();
    await advance(80 * day);
    expect(await ensureJson(['--self-rotate'])).toMatchObject({ action: 'rotated', self_rotate: true });
    expect(await ensureJson(['--self-rotate'], signedOut)).toMatchObject({ action: 'none', self_rotate: true });
  });

  it.each([
    ['no session', {}],
    ['a session that ended', { TOKENS_SESSION: 'session_that_has_ended' }],
  ])('says that the token may not rotate itself, if that needs a session, with %s', async (_, env) => {
    await ensure();
    const ran = await ensure(['--self-rotate'], { env });
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(ran.stderr).toContain('ci may not rotate itself, and --self-rotate was not applied: ');
    expect(await ensureJson(['--self-rotate'], { env })).toMatchObject({ action: 'none', self_rotate: false });
  });

  it('does not let a token that never expires rotate itself', async () => {
    await ensure(['--expires', 'never']);
    const ran = await ensure(['--self-rotate']);
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('tokens edit ci --expires 90d --self-rotate')]);
    expect(await list()).toMatchObject([{ self_rotate: false }]);
  });

  it('takes the file away from other users, also if it changes nothing else', async () => {
    await ensure();
    const before = await content();
    await chmod(file, 0o644);
    const ran = await ensure();
    expect(ran).toEqual({
      code: 0,
      stdout: '',
      stderr: `${file} had mode 644, so other users could read the value. It has mode 600 now.\n`,
    });
    expect([await content(), (await stat(file)).mode & 0o777]).toEqual([before, 0o600]);
    const other = await createToken(cli.app, cli.app.dev, { name: 'other' });
    await writeFile(file, other.token);
    await chmod(file, 0o644);
    expect((await ensure()).code).toBe(5);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
  });

  it('rotates the token if the file is gone or empty', async () => {
    await ensure();
    const old = await value();
    await rm(file);
    expect(await ensureJson()).toMatchObject({ action: 'rotated' });
    await writeFile(file, '\n');
    expect(await ensureJson()).toMatchObject({ action: 'rotated' });
    expect([await status(), await verdict(cli.app, old)]).toEqual([200, 'rotated']);
    expect(await list()).toHaveLength(1);
  });

  it('replaces a value that was rotated away, during and after the overlap', async () => {
    await ensure();
    await cli.run(['rotate', 'ci'], dev);
    expect(await status()).toBe(200);
    expect(await ensureJson()).toMatchObject({ action: 'rotated' });
    expect(await status()).toBe(200);
    await cli.run(['rotate', 'ci', '--end-previous', '--overlap', '0'], dev);
    expect(await status()).toBe('rotated');
    expect(await ensureJson()).toMatchObject({ action: 'rotated' });
    expect(await status()).toBe(200);
  });

  it('creates the token again if it expired or was revoked', async () => {
    await ensure(['--expires', '1d']);
    await advance(2 * day);
    expect(await ensureJson(['--expires', '1d'])).toMatchObject({ action: 'created' });
    expect(await status()).toBe(200);
    await cli.run(['revoke', 'ci', '--yes'], dev);
    expect(await ensureJson()).toMatchObject({ action: 'created' });
    expect(await status()).toBe(200);
  });

  it('passes the description, the expiry and the overlap', async () => {
    await ensure(['--expires', '2d', '--description', 'Scrapes', '--overlap', '1h', '--self-rotate']);
    expect(await list()).toMatchObject([{ description: 'Scrapes', self_rotate: true, lifetime: 2 * 86_400 }]);
    const old = await value();
    await advance(40 * hour);
    await ensure(['--overlap', '1h', '--expires', '4d']);
    expect(await list()).toMatchObject([{ description: 'Scrapes', lifetime: 4 * 86_400 }]);
    expect(await verdict(cli.app, old)).toBe(200);
    await advance(hour + 1000);
    expect(await verdict(cli.app, old)).toBe('rotated');
  });

  it("uses the server's expiry if that is shorter than 90 days", async () => {
    await cli.close();
    await open({ maxExpiry: 30 * 86_400 });
    const { expires_at } = await ensureJson();
    expect(Date.parse(expires_at) - cli.app.clock.now()).toBe(30 * day);
    expect((await cli.run(['ensure', 'two', '--out', `${file}2`, '--expires', '60d'], dev)).code).toBe(2);
  });

  it('lets the token rotate itself without a session', async () => {
    await ensure(['--expires', '2d', '--self-rotate']);
    const old = await value();
    await advance(40 * hour);
    expect(await ensureJson([], signedOut)).toMatchObject({ action: 'rotated' });
    expect(await value()).not.toBe(old);
    expect([await status(), await verdict(cli.app, old)]).toEqual([200, 200]);
    await advance(40 * hour);
    const ended: Surroundings = { env: { TOKENS_SESSION: 'session_that_has_ended' } };
    expect(await ensureJson([], ended)).toMatchObject({ action: 'rotated' });
    expect(await status()).toBe(200);
  });

  it('keeps a stolen old value from rotating the token, as soon as the token has rotated itself', async () => {
    await ensure(['--expires', '2d', '--self-rotate']);
    const old = await value();
    await advance(40 * hour);
    expect(await ensureJson([], signedOut)).toMatchObject({ action: 'rotated' });
    // The daemon does so every second.
    await cli.app.services.seenValues.flush(cli.app.store.tokens, cli.app.clock.now());
    await advance(2 * 60_000);
    const headers = { Authorization: `Token ${old}` };
    const stolen = await cli.app.ask('/api/v1/token/rotate', { method: 'POST', headers, json: {} });
    expect([stolen.status, await stolen.json()]).toEqual([403, expect.objectContaining({ code: 'previous-value' })]);
    expect(await status()).toBe(200);
  });

  it('exits 4 without a session if the token may not rotate itself, and changes nothing', async () => {
    expect(await ensure([], signedOut)).toMatchObject({ code: 4, stdout: '' });
    expect(await readdir(directory)).toEqual([]);
    await ensure();
    const before = await content();
    expect((await ensure([], signedOut)).code).toBe(0);
    await advance(80 * day);
    await expectUnchanged(await ensure([], signedOut), 4, before);
  });

  it('exits 5 for a paused token, and changes nothing', async () => {
    await ensure();
    const before = await content();
    await cli.run(['pause', 'ci'], dev);
    await expectUnchanged(await ensure(), 5, before);
  });

  it('keeps a file that holds the value of another token, of another server, or something else', async () => {
    const other = await createToken(cli.app, cli.app.dev, { name: 'other' });
    const unknown = assembleToken('tok', 'u'.repeat(32));
    const cases: [string, number][] = [
      [`${other.token}\n`, 5],
      [`${unknown}\n`, 5],
      ['root:x:0:0:root:/root:/bin/bash\n', 1],
      [`${other.token}\n${other.token}\n`, 1],
      [`TOKEN=${other.token}\n`, 1],
    ];
    for (const [text, code] of cases) {
      await writeFile(file, text);
      const ran = await ensure();
      await expectUnchanged(ran, code, text);
      expect(ran.stderr).not.toContain(other.token);
    }
    await cli.run(['revoke', 'other', '--yes'], dev);
    await writeFile(file, other.token);
    await expectUnchanged(await ensure(), 5, other.token);
    expect(await list()).toEqual([]);
  });

  it('asks no server if the directory is not writable', async () => {
    const fetch = () => Promise.reject(new Error('used the network'));
    for (const out of [join(directory, 'none', 'token'), '/proc/token', '/dev/null/token']) {
      expect((await cli.run(['ensure', 'ci', '--out', out], { ...dev, fetch })).code).toBe(1);
    }
  });

  it('is done once by processes that run at the same time', async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, () => ensureJson()));
    expect(runs.map(({ action }) => action).sort()).toEqual(['created', ...Array(5).fill('none')]);
    expect([await status(), (await list()).length]).toEqual([200, 1]);
  });

  it('rejects options that fit no token', async () => {
    for (const argv of [
      ['--renew-before', 'soon'],
      ['--overlap', '-1d'],
      ['--expires', 'never', '--self-rotate'],
    ])
      expect((await ensure(argv)).code).toBe(2);
    expect((await cli.run(['ensure', 'ci'], dev)).code).toBe(2);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('tokens ensure, when something fails,', () => {
  /** Runs with a `fetch` that calls `after` with each response to a change before it returns it. */
  const ensureWith = (
    after: (response: Response) => Promise<Response>,
    argv: string[] = [],
    more: Surroundings = {},
  ) => {
    const real = appFetch(cli.app);
    const fetch: typeof globalThis.fetch = async (url, init) => {
      const response = await real(url, init);
      return init?.method === 'POST' ? after(response) : response;
    };
    return ensure(argv, { fetch, ...more });
  };
  const lost = () => {
    const cause = Object.assign(new Error('lost'), { code: 'UND_ERR_SOCKET' });
    return Promise.reject(new TypeError('fetch failed', { cause }));
  };

  it('repeats a rotation whose response was lost, and writes a value that works', async () => {
    await ensure();
    await advance(80 * day);
    let posts = 0;
    const ran = await ensureWith(async (response) => {
      posts += 1;
      return posts === 1 ? lost() : response;
    });
    expect([ran.code, posts, await status()]).toEqual([0, 3, 200]);
  });

  it('keeps the old value if no response to a rotation arrives, and recovers in the next run', async () => {
    await ensure();
    await advance(80 * day);
    const before = await content();
    const ran = await ensureWith(lost);
    await expectUnchanged(ran, 6, before);
    expect(ran.stderr).toContain('holds the old value');
    expect(await status()).toBe(200);
    expect(await ensureJson()).toMatchObject({ action: 'rotated' });
    expect(await status()).toBe(200);
  });

  it('keeps the old value if the response to a self-rotation was lost, and recovers after a minute', async () => {
    await ensure(['--expires', '2d', '--self-rotate']);
    await advance(40 * hour);
    const before = await content();
    await expectUnchanged(await ensureWith(lost, [], signedOut), 6, before);
    expect(await status()).toBe(200);
    expect((await ensure([], signedOut)).code).toBe(4);
    expect(await status()).toBe(200);
    await advance(2 * 60_000);
    expect(await ensureJson([], signedOut)).toMatchObject({ action: 'rotated' });
    expect(await status()).toBe(200);
  });

  it('needs no response when it presents the new value after a self-rotation', async () => {
    await ensure(['--expires', '2d', '--self-rotate']);
    await advance(40 * hour);
    const real = appFetch(cli.app);
    let rotated = false;
    const fetch: typeof globalThis.fetch = async (url, init) => {
      if (rotated) return lost();
      rotated = init?.method === 'POST';
      return real(url, init);
    };
    expect(await ensureJson([], { ...signedOut, fetch })).toMatchObject({ action: 'rotated' });
    expect([rotated, await status()]).toEqual([true, 200]);
  });

  it('keeps the old file if the new one cannot be written', async () => {
    await ensure();
    await advance(80 * day);
    const before = await content();
    const ran = await ensureWith(async (response) => {
      await writeFile(file, 'changed meanwhile');
      return response;
    });
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Run the command again') });
    expect(await content()).toBe('changed meanwhile');
    expect(await verdict(cli.app, before.trimEnd())).toBe(200);
  });

  it('revokes a new token whose value cannot be written', async () => {
    const ran = await ensureWith(async (response) => {
      await mkdir(file);
      return response;
    });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(await list()).toEqual([]);
  });

  it.each([
    ['control characters', '\u001b[2J\u0007tok'],
    ['a line break', 'tok_x\nroot::0:0'],
    ['a number', 7],
  ])('writes nothing if the server sends %s instead of a value', async (_what, token) => {
    await ensure();
    await advance(80 * day);
    const before = await content();
    const ran = await ensureWith(async (response) =>
      Response.json({ ...((await response.json()) as object), token }, { status: 201 }),
    );
    await expectUnchanged(ran, 1, before);
    expect(ran.stderr).not.toContain('\u001b');
  });

  it('writes nothing if the answer about the value is not from tokensd', async () => {
    await ensure();
    const before = await content();
    for (const response of [
      () => new Response('', { status: 401 }),
      () => new Response('<html>', { status: 200 }),
      () => new Response('', { status: 503 }),
      () => Response.json({}, { status: 404 }),
    ])
      await expectUnchanged(await ensure([], { fetch: async () => response() }), 1, before);
  });
});

it.each([
  ['with a session', true],
  ['without a session', false],
])(
  'keeps a file valid that is ensured every three hours for a week, with a lifetime of two days, %s',
  async (_, signedIn) => {
    const argv = ['--expires', '2d', '--self-rotate'];
    await ensure(argv);
    const actions: string[] = [];
    for (let run = 0; run < 56; run += 1) {
      await advance(3 * hour);
      expect(await status()).toBe(200);
      const session = await cli.app.signIn(cli.app.dev.id);
      const ran = await ensureJson(signedIn ? argv : [], signedIn ? { env: { TOKENS_SESSION: session } } : signedOut);
      actions.push(ran.action);
      expect(await status()).toBe(200);
      expect(isWellFormedToken(await value())).toBe(true);
    }
    const rotations = actions.filter((action) => action === 'rotated');
    expect(rotations.length).toBeGreaterThanOrEqual(4);
    expect(rotations.length).toBeLessThanOrEqual(6);
    expect(actions.filter((action) => action !== 'none')).toEqual(rotations);
    const mails = await cli.app.mails();
    expect(mails.length).toBeLessThanOrEqual(rotations.length + 1);
  },
);
