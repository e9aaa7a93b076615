import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { appFetch, openTestCliWithApp, type Surroundings, serverUrl } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
});
afterEach(() => cli.close());

const minute = 60_000;
const day = 24 * 60 * minute;

/** Sends requests to the app, whose clock is ahead of this one by so many milliseconds. */
const fetchAhead =
  (ms: number): typeof fetch =>
  async (input, init) => {
    const response = await appFetch(cli.app)(input, init);
    response.headers.set('date', new Date(cli.app.clock.now() + ms).toUTCString());
    return response;
  };
const status = async (more: Surroundings = {}) => {
  const { code, stdout } = await cli.run(['status', '--json'], { ...dev, ...more });
  return { code, ...JSON.parse(stdout) };
};

describe('tokens status', () => {
  it('shows the server, the end of the session and the difference between the clocks', async () => {
    const ends = { expires_at: expect.stringMatching(/Z$/), idle_expires_at: expect.stringMatching(/Z$/) };
    expect(await status({ fetch: fetchAhead(0) })).toEqual({
      ...{ code: 0, server: serverUrl, reachable: true, server_version: null, cli_version: '1.2.3' },
      ...{ session: ends, key: null, clock_difference: 0, attention: [] },
    });
    const said = async (ms: number) => (await cli.run(['status'], { ...dev, fetch: fetchAhead(ms) })).stdout;
    expect(await said(0)).toContain('Clock:\tagrees with that of the server\n');
    expect(await said(5 * minute)).toMatch(/Clock:\t30[01] s behind that of the server\n/);
    expect(await said(-5 * minute)).toMatch(/Clock:\t(299|300) s ahead of that of the server\n/);
    expect((await cli.run(['status'], dev)).stdout).toContain('Clock:\tunknown\n');
    expect(await said(0)).toContain('Needs attention:\tnone\n');
  });

  it('shows the version of the server to those who may know it, and never its own in that place', async () => {
    expect((await cli.run(['status'], dev)).stdout).toContain('Server version:\tnot shown to you\n');
    const { stdout } = await cli.run(['status'], cli.as(cli.app.root));
    expect(stdout).toContain('Server version:\ttokensd 0.0.0\nCommand line:\ttokens 1.2.3\n');
    expect(await status(cli.as(cli.app.root))).toMatchObject({ server_version: '0.0.0', cli_version: '1.2.3' });
  });

  it('shows the end of a management key, whose attention nobody checks', async () => {
    const { value } = await storeKey(cli.app, await storeServiceAccount(cli.app, 'platform'), ['tokens:read']);
    const env = { TOKENS_KEY: value };
    expect(await status({ env })).toMatchObject({
      code: 0,
      session: null,
      key: { expires_at: expect.any(String) },
      attention: null,
    });
    const { stdout } = await cli.run(['status'], { env });
    expect(stdout).toMatch(/^Key ends:\t20/m);
    expect(stdout).toContain('Needs attention:\tunknown\n');
    expect(stdout).not.toContain('Session');
    cli.app.clock.advance(91 * day);
    const wrong = await cli.run(['status'], { env });
    expect(wrong).toMatchObject({ code: 4, stdout: expect.stringContaining('Key ends:\tthe key does not work\n') });
  });

  it('lists your tokens that need attention, and no others', async () => {
    await createToken(cli.app, cli.app.dev, { name: 'good', expires_in: 90 * 86_400 });
    await createToken(cli.app, cli.app.dev, { name: 'job', expires_in: 3600 });
    await createToken(cli.app, cli.app.dev, { name: 'soon', expires_in: 6 * 86_400 });
    await createToken(cli.app, cli.app.dev, { name: 'endless', expires_in: null });
    await createToken(cli.app, cli.app.dev, { name: 'rotated', expires_in: 90 * 86_400 });
    const { id } = await createToken(cli.app, cli.app.dev, { name: 'paused', expires_in: 90 * 86_400 });
    await cli.run(['rotate', 'rotated', '--overlap', '1h'], dev);
    await cli.run(['pause', 'paused'], dev);
    const request = { method: 'GET', target: '/builds', peer: '203.0.113.9', forwardedFor: null };
    cli.app.services.deniedUses.record(id, 'paused', { ...request, userAgent: null, appId: null, wouldDeny: null });
    await cli.app.services.deniedUses.flush();
    const { attention } = await status();
    const reasons = attention.map(({ name, reasons }: { name: string; reasons: string[] }) => [name, reasons]);
    expect(Object.fromEntries(reasons)).toEqual({
      soon: ['expires-soon'],
      endless: ['never-expires'],
      rotated: ['two-values'],
      paused: ['denied', 'not-active'],
    });
    const { stdout, stderr } = await cli.run(['status'], dev);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/Needs attention:\tsoon \(tok_\w{8}\) expires 20\S+Z \(in 6 days\)\n/);
    const onTerminal = await cli.run(['status', '--no-color'], { ...dev, columns: 200 });
    expect(onTerminal.stdout).toMatch(/Needs attention: +soon \(tok_\w{8}\) expires \d+ \w+ \d{4} \(in 6 days\)\n/);
    expect(stdout).toMatch(/Needs attention:\tpaused \(tok_\w{8}\) was denied \S+Z, is paused\n/);
    expect(onTerminal.stdout).toMatch(/paused \(tok_\w{8}\) was denied just now, is paused\n/);
    expect(stdout).toMatch(/rotated \(tok_\w{8}\) has two values until 20/);
  });

  it('exits with 4 if the session has ended or there is none', async () => {
    cli.app.clock.advance(400 * day);
    expect(await status()).toMatchObject({ code: 4, reachable: true, session: null });
    expect((await cli.run(['status'], dev)).stdout).toContain(
      'Session ends:\tnot signed in, or the session has ended\n',
    );
    const signedOut = await status({ env: {}, fetch: fetchAhead(0) });
    expect(signedOut).toMatchObject({ code: 4, reachable: true, session: null, clock_difference: 0, attention: null });
    expect((await cli.run(['status'], dev)).stdout).toContain('Needs attention:\tunknown\n');
  });

  it('sends no credential to find out without a session whether the server is there', async () => {
    const sent: (string | null)[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      sent.push(new Headers(init?.headers).get('authorization'));
      return appFetch(cli.app)(input, init);
    };
    expect(await status({ env: {}, fetch })).toMatchObject({ code: 4, reachable: true });
    expect(sent).toEqual([null]);
  });

  const refused = async () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    throw Object.assign(new TypeError('fetch failed'), { cause });
  };
  const page = async () => new Response('<h1>It works!</h1>', { headers: { 'content-type': 'text/html' } });
  const gateway =
    (status: number): typeof fetch =>
    async () =>
      new Response('<h1>Bad gateway</h1>', { status });
  it.each<[string, typeof fetch, string]>([
    ['the server cannot be reached', refused, 'not reachable'],
    ['the gateway answers 502', gateway(502), 'not available now'],
    ['the gateway answers 503', gateway(503), 'not available now'],
    ['the gateway answers 504', gateway(504), 'not available now'],
    ['another program answers', page, 'answered, but not as tokensd'],
    ['another program knows no such page', gateway(404), 'answered, but not as tokensd'],
    [
      'the server redirects',
      async () => Response.redirect('https://login.example.com/', 302),
      'answered, but not as tokensd',
    ],
  ])('exits with 6 and prints what it knows if %s, also without a session', async (_case, fetch, said) => {
    for (const who of [dev, { env: {} }]) {
      const unknown = { server_version: null, session: null, key: null, clock_difference: null, attention: null };
      expect(await status({ ...who, fetch })).toMatchObject({
        code: 6,
        server: serverUrl,
        reachable: false,
        ...unknown,
      });
      const { code, stdout, stderr } = await cli.run(['status'], { ...who, fetch });
      expect([code, stderr]).toEqual([6, expect.stringMatching(/^error: /)]);
      expect(stdout).toContain(`Server:\t${serverUrl} (${said})\n`);
      for (const field of ['Server version', 'Session ends', 'Clock', 'Needs attention'])
        expect(stdout).toContain(`${field}:\tunknown\n`);
    }
  });

  it.each([
    [5, {}],
    [9, { TOKENS_TIMEOUT: '9' }],
  ])('waits %i seconds for a silent server with the environment %j', async (seconds, env) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const silent: typeof fetch = (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        asked();
      });
    let ended = false;
    const running = cli.run(['status'], { env: { ...dev.env, ...env }, fetch: silent }).finally(() => {
      ended = true;
    });
    await isAsked;
    await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await running).toMatchObject({ code: 6, stdout: expect.stringContaining(`${serverUrl} (not reachable)`) });
  });

  it('says nothing about the server if the settings keep it from asking', async () => {
    const env = { TOKENS_KEY: 'tok_x', TOKENS_KEY_FILE: '/nowhere' };
    expect(await status({ env })).toMatchObject({ code: 2, reachable: null, session: null, attention: null });
  });

  it('prints the end of the session even if the tokens cannot be read', async () => {
    const fetch: typeof globalThis.fetch = (input, init) =>
      String(input).includes('/api/v1/tokens') ? gateway(502)(input, init) : appFetch(cli.app)(input, init);
    expect(await status({ fetch })).toMatchObject({
      code: 6,
      session: { expires_at: expect.any(String) },
      attention: null,
    });
  });
});

describe('tokens open', () => {
  it('opens the list of your tokens without signing in, and the page of a token', async () => {
    const opened: string[] = [];
    const openBrowser = async (url: string) => opened.push(url) > 0;
    expect(await cli.run(['open'], { openBrowser })).toEqual({ code: 0, stdout: '', stderr: '' });
    const { id } = await createToken(cli.app, cli.app.dev, { name: 'ci' });
    expect(await cli.run(['open', 'ci'], { ...dev, openBrowser })).toEqual({ code: 0, stdout: '', stderr: '' });
    const page = `${serverUrl}/profile/api-tokens/${id}`;
    expect(opened).toEqual([`${serverUrl}/profile/api-tokens`, page]);
    const headers = { cookie: `__Host-tokens_session=${cli.app.dev.session}` };
    expect((await cli.app.fetchApp(new Request(page, { headers }))).status).toBe(200);
  });

  it('prints the address if there is no browser, or none opens', async () => {
    const address = `${serverUrl}/profile/api-tokens\n`;
    expect(await cli.run(['open'])).toEqual({ code: 0, stdout: address, stderr: '' });
    expect((await cli.run(['open'], { openBrowser: async () => false })).stdout).toBe(address);
    const failing = async () => {
      throw new Error('no browser');
    };
    expect((await cli.run(['open'], { openBrowser: failing })).stdout).toBe(address);
    expect(JSON.parse((await cli.run(['open', '--json'])).stdout)).toEqual({ url: address.trim(), opened: false });
    expect((await cli.run(['open', 'missing'], dev)).code).toBe(3);
  });
});
