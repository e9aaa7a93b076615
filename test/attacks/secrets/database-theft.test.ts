import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken, jsonOf, type Member } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient, basic, beginDevice, deviceGrant, postForm, postIntrospection } from '../../helpers/app/oauth.ts';
import { codeAt, turnOn } from '../../helpers/app/totp.ts';
import { type Browser, openConsole, sessionCookieName } from '../../helpers/console/pages.ts';
import { cellsOf } from './rows.ts';

const redirectUri = 'http://127.0.0.1:40000/callback';
const verifier = randomBytes(32).toString('base64url');

let app: TestServer;
/** Signs in with a password and codes. */
let guarded: Member & { totp: string; recoveryCodes: string[] };
let service: Awaited<ReturnType<typeof addClient>>;
/** What each way takes, as its owner knows it. */
let real: Record<string, string>;
/** What a thief has: each text of each row, and each word of it that could be a credential. */
let stolen: string[];
let browser: Browser;

beforeAll(async () => {
  app = await startTestServer();
  service = await addClient(app, 'Gateway', true);
  const token = await createToken(app, app.dev, { name: 'ci', description: 'of the build' });
  const revoked = await createToken(app, app.dev, { name: 'old' });
  await app.ask(`/api/v1/tokens/${revoked.id}`, { as: app.dev, method: 'DELETE' });
  await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'once' }, headers: { 'Idempotency-Key': 'key-of-ci' } });

  const member = await app.addMember({ email: 'guarded@example.com', can_manage_tokens: true });
  const { secret: totp, recoveryCodes } = await turnOn(app, member);
  guarded = { ...member, totp, recoveryCodes };
  app.clock.advance(30_000);

  const pending = await beginDevice(app);
  const approved = await beginDevice(app);
  const approving = openConsole(app, app.dev);
  await approving.get('/device');
  const opened = await approving.submit('/device', { user_code: approved.user_code });
  await approving.get(opened.location ?? '');
  await approving.submit('/device/approve', { decision: 'approve' });

  const stepping = openConsole(app);
  await stepping.get('/login');
  await stepping.submit('/login', { email: guarded.email, password: guarded.password });
  const forgetting = openConsole(app);
  await forgetting.get('/password/forgot');
  await forgetting.submit('/password/forgot', { email: app.dev.email });

  real = {
    'personal API token': token.token,
    session: app.dev.session,
    'client secret': service.client_secret,
    'device code': approved.device_code,
    'authorization code': await authorizationCode(),
    'reset link': await resetSecret(),
    'step ticket': stepping.cookies.get('__Host-tokens_step') ?? '',
    password: app.dev.password,
    'recovery code': recoveryCodes[0] ?? '',
  };
  const cells = await cellsOf(app.path);
  const tables = [...new Set(cells.map(({ table }) => table))];
  expect(tables).toEqual(
    expect.arrayContaining(
      ['audit', 'clients', 'device_codes', 'idempotency_keys', 'outbox', 'recovery_codes', 'sessions'].concat([
        'tickets',
        'tokens',
        'tombstones',
        'users',
      ]),
    ),
  );
  expect(pending.device_code).toMatch(/^device_/);
  const link = real['reset link'] ?? '';
  const words = cells.flatMap(({ value }) => [value, ...value.split(/[^\w.+/=$-]+/), ...value.split(/[^\w-]+/)]);
  stolen = [...new Set(words)].filter((word) => word.length >= 6 && word !== link);
  browser = openConsole(app);
  await browser.get('/login');
}, 60_000);
afterAll(() => app.stop());

async function authorizationCode(): Promise<string> {
  const parameters = {
    client_id: 'tokens',
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  const asking = openConsole(app, app.dev);
  await asking.get(`/oauth/authorize?${new URLSearchParams(parameters)}`);
  const { location } = await asking.submit('/oauth/authorize', { decision: 'approve' });
  return new URL(location ?? '').searchParams.get('code') ?? '';
}

async function resetSecret(): Promise<string> {
  const texts = (await app.mails()).map(({ text }) => text).join('\n');
  return /\/password\/reset\?token=(\S+)/.exec(texts)?.[1] ?? '';
}

const statusOf = async (answer: Promise<{ status: number }>) => (await answer).status;
const isField = (value: string) => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value);
const sessionCookie = (value: string) => ({ Cookie: `${sessionCookieName(app)}=${value}` });

/** A password costs a slow hash, and a wrong one makes the next wait: nothing here is about that. */
let client = 0;
async function signsIn(email: string, password: string, code?: string): Promise<boolean> {
  client += 1;
  const ip = `2001:db8:${client.toString(16)}::1`;
  const response = await app.ask('/api/v1/sessions', { json: { email, password, ...(code && { code }) }, ip });
  await app.services.rateLimit.attempt({ account: email, ip: null }, async () => ({ succeeded: true }));
  if (response.status === 429) throw new Error('throttled: this would prove nothing');
  return response.status === 201 || (await jsonOf(response)).code === 'totp-required';
}

/** Each way in, told whether a value opens it. */
const ways: Record<string, (value: string) => Promise<boolean>> = {
  'a token in any form, at every route that takes one': async (value) => {
    const forms = [
      { Authorization: `Token ${value}` },
      { Authorization: `Bearer ${value}` },
      { Authorization: `Basic ${Buffer.from(`any:${value}`).toString('base64')}` },
      { Authorization: `Basic ${Buffer.from(value).toString('base64')}` },
      { 'X-API-Key': value },
    ].filter((headers) => Object.values(headers).every(isField));
    const statuses = await Promise.all(
      forms.flatMap((headers) => [
        statusOf(app.ask('/api/v1/token', { headers: headers as Record<string, string> })),
        statusOf(app.send({ path: '/verify/forward-auth', headers: Object.entries(headers) as [string, string][] })),
      ]),
    );
    const introspected = await postIntrospection(app, { token: value }, service.credentials);
    return statuses.some((status) => status !== 401) || (await jsonOf(introspected)).active === true;
  },
  'a session, as bearer or cookie, of the API or a page': async (value) => {
    if (!isField(value)) return false;
    const bearer = await statusOf(app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${value}` } }));
    const cookie = await statusOf(app.ask('/api/v1/me', { headers: sessionCookie(value) }));
    const page = await statusOf(app.ask('/profile', { headers: sessionCookie(value) }));
    return bearer !== 401 || cookie !== 401 || page !== 303;
  },
  'a service, by header or form': async (value) => {
    const asBasic = basic(service.client_id, value);
    const asForm = { client_id: service.client_id, client_secret: value, token: 'x' };
    const statuses = await Promise.all([
      statusOf(postIntrospection(app, { token: 'x' }, asBasic)),
      statusOf(postIntrospection(app, asForm)),
      statusOf(postForm(app, '/oauth/revoke', { token: 'x' }, asBasic)),
      statusOf(postForm(app, '/oauth/revoke', asForm)),
    ]);
    return statuses.some((status) => status !== 401);
  },
  'a device that waits for its session': async (value) => {
    const grant = { grant_type: deviceGrant, client_id: 'tokens', device_code: value };
    const answer = await postForm(app, '/oauth/token', grant);
    return answer.status !== 400 || (await jsonOf(answer)).error !== 'invalid_grant';
  },
  'a program with an authorization code, even if it knows the verifier': async (value) => {
    const grant = { grant_type: 'authorization_code', client_id: 'tokens', redirect_uri: redirectUri, code: value };
    return (await statusOf(postForm(app, '/oauth/token', { ...grant, code_verifier: verifier }))) !== 400;
  },
  'the link that sets a password': async (value) =>
    (await statusOf(openConsole(app).get(`/password/reset?token=${encodeURIComponent(value)}`))) !== 410,
  'the second step, even with the code of the stolen secret': async (value) => {
    if (!/^[\w.-]+$/.test(value)) return false;
    browser.cookies.set('__Host-tokens_step', value);
    await browser.get('/login/code?next=/profile');
    const code = codeAt(guarded.totp, app.clock.now());
    return (await browser.submit('/login/code?next=%2Fprofile', { code })).status !== 403;
  },
};

describe('whoever has every row of the database', () => {
  it('has them: secrets of each kind are in use, and each way takes its own', async () => {
    const open = (way: string, secret: string) => ways[way]?.(real[secret] ?? '');
    const [token, session, client, device, code, link, step] = Object.keys(ways);
    expect(stolen.length).toBeGreaterThan(150);
    expect(await open(token ?? '', 'personal API token')).toBe(true);
    expect(await open(session ?? '', 'session')).toBe(true);
    expect(await open(client ?? '', 'client secret')).toBe(true);
    expect(await open(link ?? '', 'reset link')).toBe(true);
    expect(await signsIn(app.dev.email, app.dev.password)).toBe(true);
    // Those that are used up by it are made anew, so that the thief comes before their owner.
    expect(await open(device ?? '', 'device code')).toBe(true);
    expect(await open(code ?? '', 'authorization code')).toBe(true);
    expect(await open(step ?? '', 'step ticket')).toBe(true);
    await refill();
  });

  /** Codes that wait to be taken once more. */
  async function refill(): Promise<void> {
    app.clock.advance(30_000);
    await beginDevice(app);
    await authorizationCode();
    const stepping = openConsole(app);
    await stepping.get('/login');
    await stepping.submit('/login', { email: guarded.email, password: guarded.password });
    const fresh = (await cellsOf(app.path)).map(({ value }) => value).filter((value) => value.length >= 6);
    stolen = [...new Set([...stolen, ...fresh])];
  }

  it('does not find the secret itself in any of them, but for the mailed link in the outbox', async () => {
    const cells = await cellsOf(app.path);
    for (const [kind, secret] of Object.entries(real)) {
      expect(secret, kind).not.toBe('');
      const places = cells.filter(({ value }) => value.includes(secret)).map(({ table }) => table);
      expect({ kind, places: [...new Set(places)] }).toEqual({ kind, places: kind === 'reset link' ? ['outbox'] : [] });
    }
  });

  it.each(Object.keys(ways))('is not taken for %s', async (way) => {
    const taken: string[] = [];
    for (const value of stolen) if (await ways[way]?.(value)) taken.push(value);
    expect(taken).toEqual([]);
  });

  it('cannot sign in with a hash or anything else for a password, with a code or without', async () => {
    const long = stolen.filter((value) => value.length >= 12 && value.length <= 200);
    expect(long.filter((value) => value.startsWith('$argon2id$'))).not.toEqual([]);
    const taken: string[] = [];
    for (const value of long) {
      if (await signsIn(app.dev.email, value)) taken.push(value);
    }
    for (const value of long.filter((value) => /^\$argon2id\$|^[\w-]{43}$|^[A-Z2-7]{32}$/.test(value))) {
      if (await signsIn(guarded.email, value, codeAt(guarded.totp, app.clock.now()))) taken.push(value);
    }
    expect(taken).toEqual([]);
  });

  it('cannot pass the second step with the hash of a recovery code', async () => {
    const hashes = (await cellsOf(app.path)).filter(
      ({ table, column }) => table === 'recovery_codes' && column === 'hash',
    );
    expect(hashes.length).toBe(guarded.recoveryCodes.length);
    const user = await app.store.users.findById(guarded.id);
    if (user === null) throw new Error('no such member');
    const clientInfo = { ip: null, userAgent: null };
    const pass = async (code: string) => {
      const keys = { account: `second step of ${user.id}`, ip: null };
      await app.services.rateLimit.attempt(keys, async () => ({ succeeded: true }));
      return app.services.totp.check(user, code, clientInfo);
    };
    for (const { value } of hashes) expect(await pass(value)).toBe(false);
    expect(await pass(real['recovery code'] ?? '')).toBe(true);
  });

  it('finds the mailed link dead after thirty minutes', async () => {
    const link = `/password/reset?token=${real['reset link']}`;
    expect(await statusOf(openConsole(app).get(link))).toBe(200);
    app.clock.advance(30 * 60_000);
    expect(await statusOf(openConsole(app).get(link))).toBe(410);
  });
});
