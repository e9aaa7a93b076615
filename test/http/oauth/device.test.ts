import { afterEach, beforeEach, expect, it } from 'vitest';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { beginDevice, type DeviceCodes, deviceGrant, pollDevice, postForm } from '../../helpers/app/oauth.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const second = 1000;

const errorOf = async (response: Response) => [response.status, (await jsonOf(response)).error];
const poll = async (device: DeviceCodes) => {
  const response = await pollDevice(app, device);
  return response.status === 200 ? jsonOf<{ access_token: string }>(response) : (await jsonOf(response)).error;
};

/** Enters the code in a member's browser. */
async function typeCode(userCode: string, as = app.dev) {
  const browser = openConsole(app, as);
  await browser.get('/device');
  const shown = await browser.submit('/device', { user_code: userCode });
  if (shown.location !== null) await browser.get(shown.location);
  return { browser, shown };
}

async function decide(userCode: string, decision: 'approve' | 'deny', as = app.dev) {
  const { browser } = await typeCode(userCode, as);
  return browser.submit('/device/approve', { decision });
}

it('returns the verification URI and a user code of eight consonants', async () => {
  const response = await postForm(app, '/oauth/device_authorization', { client_id: 'tokens' });
  expect(response.headers.get('cache-control')).toBe('no-store');
  const codes = await jsonOf<DeviceCodes>(response);
  expect(codes).toEqual({
    device_code: expect.stringMatching(/^device_[\w-]{43}$/),
    user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
    verification_uri: 'https://tokens.example.com/device',
    expires_in: 600,
    interval: 5,
  });
});

it('exchanges an approved device code once for a session of the member who approved it', async () => {
  const device = await beginDevice(app);
  expect(await poll(device)).toBe('authorization_pending');
  const done = await decide(device.user_code, 'approve');
  expect(textOf(done.html)).toContain('The device is signed in');
  app.clock.advance(5 * second);
  const response = await pollDevice(app, device);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const granted = await jsonOf<{ access_token: string; token_type: string; expires_in: number }>(response);
  expect(granted).toMatchObject({ token_type: 'Bearer', expires_in: 30 * 24 * 3600 - 5 });
  const me = await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${granted.access_token}` } });
  expect(await jsonOf(me)).toMatchObject({ email: 'dev@example.com' });
  expect(await poll(device)).toBe('invalid_grant');
  const [event] = await app.store.audit.list({ limit: 1, before: null });
  expect(event).toMatchObject({ action: 'session.created', actor: { email: 'dev@example.com' } });
});

it('says when the session of the device will end, and keeps the device while the member signs in again', async () => {
  app.clock.advance(6 * 60 * 60 * second);
  const device = await beginDevice(app);
  const { browser, shown } = await typeCode(device.user_code);
  const page = await browser.get(shown.location ?? '');
  expect(textOf(page.html)).toContain('This sign-in lasts until 23 Dec 2026, 16:20 UTC');
  const [, link = ''] = /href="([^"]*)">sign in again</.exec(page.html) ?? [];
  await browser.get(link.replaceAll('&amp;', '&'));
  const { location } = await browser.submit('/login', { email: app.dev.email, password: app.dev.password });
  expect(location).toBe(shown.location);
  expect(textOf((await browser.get(location ?? '')).html)).toContain('lasts until 23 Dec 2026, 22:20 UTC');
  await browser.submit('/device/approve', { decision: 'approve' });
  expect(await jsonOf(pollDevice(app, device))).toMatchObject({ expires_in: 30 * 24 * 3600 });
});

it('adds five seconds to the polling interval each time the device polls too soon', async () => {
  const device = await beginDevice(app);
  const results: unknown[] = [];
  for (const wait of [0, 4, 9, 14, 20, 19, 25]) {
    app.clock.advance(wait * second);
    results.push(await poll(device));
  }
  const pending = 'authorization_pending';
  expect(results).toEqual([pending, 'slow_down', 'slow_down', 'slow_down', pending, 'slow_down', pending]);
});

it('expires after ten minutes, approved or not', async () => {
  const [waiting, approved] = [await beginDevice(app), await beginDevice(app)];
  app.clock.advance(599 * second);
  expect(await poll(waiting)).toBe('authorization_pending');
  await decide(approved.user_code, 'approve');
  app.clock.advance(1 * second);
  expect(await poll(waiting)).toBe('expired_token');
  expect(await poll(approved)).toBe('expired_token');
  expect((await typeCode(waiting.user_code)).shown.status).toBe(404);
});

it('returns access_denied to the device after the member denies it', async () => {
  const device = await beginDevice(app);
  expect(textOf((await decide(device.user_code, 'deny')).html)).toContain('The device was denied');
  expect(await poll(device)).toBe('access_denied');
});

it('rejects the device code if the member who approved it was disabled or changed the password', async () => {
  const [one, two] = [await beginDevice(app), await beginDevice(app)];
  await decide(one.user_code, 'approve');
  await app.store.users.setDisabled(app.dev.id, true);
  expect(await poll(one)).toBe('access_denied');
  await app.store.users.setDisabled(app.dev.id, false);
  await decide(two.user_code, 'approve');
  const json = { current: app.dev.password, new: 'another staple battery horse' };
  expect((await app.ask('/api/v1/me/password', { method: 'PUT', as: app.dev, json })).status).toBe(204);
  expect(await poll(two)).toBe('invalid_grant');
});

it('shows the code, the IP address, the user agent and the age of the request before approval', async () => {
  const device = await jsonOf<DeviceCodes>(
    postForm(app, '/oauth/device_authorization', { client_id: 'tokens' }, { 'User-Agent': 'tokens/1.2.3 <b>node</b>' }),
  );
  app.clock.advance(120 * second);
  const browser = openConsole(app, app.dev);
  await browser.get('/device');
  const typed = device.user_code.toLowerCase().replace('-', ' ');
  const { location } = await browser.submit('/device', { user_code: ` ${typed} ` });
  const page = textOf((await browser.get(location ?? '')).html);
  for (const fact of [
    device.user_code,
    '203.0.113.9',
    'tokens/1.2.3 <b>node</b>',
    '2 minutes ago',
    'dev@example.com',
  ]) {
    expect(page).toContain(fact);
  }
});

it('accepts a decision only from the session that entered the code, not from another one of the same member', async () => {
  const device = await beginDevice(app);
  const { browser: mine } = await typeCode(device.user_code);
  const elsewhere = { ...app.dev, session: await app.signIn(app.dev.id) };
  for (const as of [app.root, elsewhere]) {
    const { browser, shown } = await typeCode(device.user_code, as);
    expect(shown.status).toBe(404);
    const approve = `/device/approve?user_code=${device.user_code}`;
    expect((await browser.get(approve)).location).toBe('/device');
    await browser.get('/device');
    const form_token = /name="form_token" value="([^"]*)"/.exec((await browser.get('/device')).html)?.[1] ?? '';
    for (const decision of ['approve', 'deny']) {
      const fields = { form_token, user_code: device.user_code, decision };
      expect((await browser.post('/device/approve', fields)).status).toBe(404);
    }
  }
  expect(await poll(device)).toBe('authorization_pending');
  await mine.get(`/device/approve?user_code=${device.user_code}`);
  expect((await mine.submit('/device/approve', { decision: 'approve' })).status).toBe(200);
  expect(await poll(device)).toHaveProperty('access_token');
});

it('never approves when a page is opened, and denies a form without a decision', async () => {
  const device = await beginDevice(app);
  const { browser } = await typeCode(device.user_code);
  await browser.get(`/device/approve?user_code=${device.user_code}&decision=approve`);
  expect(await poll(device)).toBe('authorization_pending');
  await browser.submit('/device/approve', {});
  expect(await poll(device)).toBe('access_denied');
});

it('limits a member to twenty wrong user codes, after which even the correct one is rejected', async () => {
  const device = await beginDevice(app);
  const statuses = [];
  for (let guess = 0; guess < 20; guess += 1) statuses.push((await typeCode('BCDF-GHJK')).shown.status);
  expect(new Set(statuses)).toEqual(new Set([404]));
  const { shown } = await typeCode(device.user_code);
  expect(shown.status).toBe(429);
  expect(Number(shown.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await poll(device)).toBe('authorization_pending');
});

it('limits how many device codes one network creates', async () => {
  const begin = () => postForm(app, '/oauth/device_authorization', { client_id: 'tokens' });
  const statuses = [];
  for (let i = 0; i < 61; i += 1) statuses.push((await begin()).status);
  expect(statuses.lastIndexOf(200)).toBe(59);
  expect(statuses.at(-1)).toBe(429);
});

it('is only for the public client, which has no secret', async () => {
  const { device_code } = await beginDevice(app);
  const grant = { grant_type: deviceGrant, device_code };
  const attempts: Array<[Record<string, string>, Record<string, string>]> = [
    [{}, {}],
    [{ client_id: 'another' }, {}],
    [{ client_id: 'tokens', client_secret: 'x' }, {}],
    [{ client_id: 'tokens' }, { Authorization: 'Basic dG9rZW5zOg==' }],
  ];
  for (const [parameters, headers] of attempts) {
    for (const path of ['/oauth/device_authorization', '/oauth/token']) {
      const response = await postForm(app, path, { ...grant, ...parameters }, headers);
      expect(await errorOf(response), JSON.stringify(parameters)).toEqual([401, 'invalid_client']);
    }
  }
});

it('rejects other grant types and other kinds of codes', async () => {
  const ask = (parameters: Record<string, string>) =>
    postForm(app, '/oauth/token', { client_id: 'tokens', ...parameters }).then(errorOf);
  const { user_code } = await beginDevice(app);
  expect(await ask({})).toEqual([400, 'invalid_request']);
  expect(await ask({ grant_type: 'password' })).toEqual([400, 'unsupported_grant_type']);
  expect(await ask({ grant_type: 'client_credentials' })).toEqual([400, 'unsupported_grant_type']);
  expect(await ask({ grant_type: deviceGrant })).toEqual([400, 'invalid_request']);
  for (const device_code of ['x', user_code, app.dev.session, `device_${'A'.repeat(43)}`]) {
    expect(await ask({ grant_type: deviceGrant, device_code })).toEqual([400, 'invalid_grant']);
  }
});

it('keeps device codes and sessions out of the log', async () => {
  const device = await beginDevice(app);
  await decide(device.user_code, 'approve');
  const granted = await poll(device);
  const log = app.logLines.join('');
  for (const secret of [device.device_code, (granted as { access_token: string }).access_token]) {
    expect(log).not.toContain(secret);
  }
});
