import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
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
      ...{ code: 0, server: serverUrl, version: '1.2.3', reachable: true, session: ends },
      ...{ clock_difference: 0, attention: [] },
    });
    const said = async (ms: number) => (await cli.run(['status'], { ...dev, fetch: fetchAhead(ms) })).stdout;
    expect(await said(0)).toContain('Clock:\tagrees with that of the server\n');
    expect(await said(5 * minute)).toMatch(/Clock:\t30[01] s behind that of the server\n/);
    expect(await said(-5 * minute)).toMatch(/Clock:\t(299|300) s ahead of that of the server\n/);
    expect((await cli.run(['status'], dev)).stdout).toContain('Clock:\tunknown\n');
    expect(await said(0)).toContain('Needs attention:\tnone\n');
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
    expect(stdout).toMatch(/Needs attention:\tpaused \(tok_\w{8}\) was denied .*, is paused\n/);
    expect(stdout).toMatch(/rotated \(tok_\w{8}\) has two values until 20/);
  });

  it('exits with 4 if the session is over or there is none', async () => {
    cli.app.clock.advance(400 * day);
    expect(await status()).toMatchObject({ code: 4, reachable: true, session: null });
    expect((await cli.run(['status'], dev)).stdout).toContain('Session ends:\tnot signed in, or the session is over\n');
    expect(await status({ env: {} })).toMatchObject({ code: 4, reachable: null, session: null });
  });

  it('exits with 6 if the server cannot be reached', async () => {
    const fetch = async () => {
      throw Object.assign(new TypeError('fetch failed'), {
        cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      });
    };
    expect(await status({ fetch })).toMatchObject({ code: 6, reachable: false, session: null, clock_difference: null });
    const { code, stdout, stderr } = await cli.run(['status'], { ...dev, fetch });
    expect([code, stderr]).toEqual([6, expect.stringMatching(/^error: /)]);
    expect(stdout).toContain(`Server:\t${serverUrl} (not reachable)\n`);
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
