import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvitedUser } from '../../../shared/schemas/accounts/users.ts';
import { createToken, jsonOf, type Member } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient, basic, beginDevice, deviceGrant, postForm, postIntrospection } from '../../helpers/app/oauth.ts';
import { type Browser, openConsole, sessionCookieName } from '../../helpers/console/pages.ts';
import { codeAt, turnOn } from '../../helpers/sign-in/totp.ts';
import { cellsOf } from './sqlite-rows.ts';

const redirectUri = 'http://127.0.0.1:40000/callback';
const verifier = randomBytes(32).toString('base64url');

let app: TestServer;
/** A member with two-factor sign-in. */
let guarded: Member & { totp: string; recoveryCodes: string[] };
let client: Awaited<ReturnType<typeof addClient>>;
/** The real secret of each kind. */
let secrets: Record<string, string>;
/** Every text in the stolen database, and every word of these texts that could be a credential. */
let stolen: string[];
let browser: Browser;

beforeAll(async () => {
  app = await startTestServer();
  client = await addClient(app, 'Gateway', true);
  const token = await createToken(app, app.dev, { name: 'ci', description: 'for the build' });
  const revoked = await createToken(app, app.dev, { name: 'old' });
  await app.ask(`/api/v1/tokens/${revoked.id}`, { as: app.dev, method: 'DELETE' });
  await app.ask('/api/v1/tokens', {
    as: app.dev,
    json: { name: 'idempotent' },
    headers: { 'Idempotency-Key': 'some-key' },
  });

  const member = await app.addMember({ email: 'guarded@example.com', can_manage_tokens: true });
  const { secret: totp, recoveryCodes } = await turnOn(app, member);
  guarded = { ...member, totp, recoveryCodes };
  app.clock.advance(30_000);

  const pending = await beginDevice(app);
  const approved = await beginDevice(app);
  const approver = openConsole(app, app.dev);
  await approver.get('/device');
  const opened = await approver.submit('/device', { user_code: approved.user_code });
  await approver.get(opened.location ?? '');
  await approver.submit('/device/approve', { decision: 'approve' });

  const signingIn = openConsole(app);
  await signingIn.get('/login');
  await signingIn.submit('/login', { email: guarded.email, password: guarded.password });
  const resetting = openConsole(app);
  await resetting.get('/password/forgot');
  await resetting.submit('/password/forgot', { email: app.dev.email });

  secrets = {
    'personal API token': token.token,
    session: app.dev.session,
    'client secret': client.client_secret,
    'device code': approved.device_code,
    'authorization code': await authorizationCode(),
    'reset link': await resetSecret(),
    invitation: await invitationSecret(),
    'recovery link': (await app.services.recovery.begin(app.dev.email)).secret.reveal(),
    'second-factor ticket': signingIn.cookies.get('__Host-tokens_step') ?? '',
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
  const words = cells.flatMap(({ value }) => [value, ...value.split(/[^\w.+/=$-]+/), ...value.split(/[^\w-]+/)]);
  stolen = [...new Set(words)].filter((word) => word.length >= 6);
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
  const authorizer = openConsole(app, app.dev);
  await authorizer.get(`/oauth/authorize?${new URLSearchParams(parameters)}`);
  const { location } = await authorizer.submit('/oauth/authorize', { decision: 'approve' });
  return new URL(location ?? '').searchParams.get('code') ?? '';
}

async function resetSecret(): Promise<string> {
  const texts = (await app.mails()).map(({ text }) => text).join('\n');
  return /\/password\/reset\?token=(\S+)/.exec(texts)?.[1] ?? '';
}

async function invitationSecret(): Promise<string> {
  const response = await app.ask('/api/v1/users', { as: app.root, json: { email: 'invited@example.com' } });
  return /token=(\S+)/.exec((await jsonOf<InvitedUser>(response)).invitation?.link ?? '')?.[1] ?? '';
}

const statusOf = async (response: Promise<{ status: number }>) => (await response).status;
const isField = (value: string) => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value);
const sessionCookie = (value: string) => ({ Cookie: `${sessionCookieName(app)}=${value}` });

let attempt = 0;
/**
 * Reports whether a password signs a member in. Each attempt uses a new IP address and resets the account's rate limit, so
 * that the limit does not hide a weakness.
 */
async function signsIn(email: string, password: string, code?: string): Promise<boolean> {
  attempt += 1;
  const ip = `2001:db8:${attempt.toString(16)}::1`;
  const response = await app.ask('/api/v1/sessions', { json: { email, password, ...(code && { code }) }, ip });
  await app.services.rateLimit.forgetAccount(email);
  if (response.status === 429) throw new Error('The attempt was rate limited, so it proves nothing');
  return response.status === 201 || (await jsonOf(response)).code === 'totp-required';
}

/** Every way to use a credential. Each reports whether the daemon accepts a value in that role. */
const uses: Record<string, (value: string) => Promise<boolean>> = {
  'a personal API token in any form, at every route that accepts one': async (value) => {
    const forms = [
      { Authorization: `Token ${value}` },
      { Authorization: `Bearer ${value}` },
      { Authorization: `Basic ${Buffer.from(`any:${value}`).toString('base64')}` },
      { Authorization: `Basic ${Buffer.from(value).toString('base64')}` },
      { Authorization: `Basic ${Buffer.from(`${value}:`).toString('base64')}` },
      { 'X-API-Key': value },
    ].filter((headers) => Object.values(headers).every(isField));
    const statuses = await Promise.all(
      forms.flatMap((headers) => [
        statusOf(app.ask('/api/v1/token', { headers: headers as Record<string, string> })),
        statusOf(app.send({ path: '/verify/forward-auth', headers: Object.entries(headers) as [string, string][] })),
      ]),
    );
    const introspected = await postIntrospection(app, { token: value }, client.credentials);
    return statuses.some((status) => status !== 401) || (await jsonOf(introspected)).active === true;
  },
  'a session, as bearer or cookie, for the API or a page': async (value) => {
    if (!isField(value)) return false;
    const bearer = await statusOf(app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${value}` } }));
    const cookie = await statusOf(app.ask('/api/v1/me', { headers: sessionCookie(value) }));
    const page = await statusOf(app.ask('/profile', { headers: sessionCookie(value) }));
    return bearer !== 401 || cookie !== 401 || page !== 303;
  },
  'a client secret, in the header or the form': async (value) => {
    const asBasic = basic(client.client_id, value);
    const asForm = { client_id: client.client_id, client_secret: value, token: 'x' };
    const statuses = await Promise.all([
      statusOf(postIntrospection(app, { token: 'x' }, asBasic)),
      statusOf(postIntrospection(app, asForm)),
      statusOf(postForm(app, '/oauth/revoke', { token: 'x' }, asBasic)),
      statusOf(postForm(app, '/oauth/revoke', asForm)),
    ]);
    return statuses.some((status) => status !== 401);
  },
  'a device code': async (value) => {
    const grant = { grant_type: deviceGrant, client_id: 'tokens', device_code: value };
    const response = await postForm(app, '/oauth/token', grant);
    return response.status !== 400 || (await jsonOf(response)).error !== 'invalid_grant';
  },
  'an authorization code, even with the right verifier': async (value) => {
    const grant = { grant_type: 'authorization_code', client_id: 'tokens', redirect_uri: redirectUri, code: value };
    return (await statusOf(postForm(app, '/oauth/token', { ...grant, code_verifier: verifier }))) !== 400;
  },
  'a password reset link': async (value) =>
    (await statusOf(openConsole(app).get(`/password/reset?token=${encodeURIComponent(value)}`))) !== 410,
  'an invitation': async (value) =>
    (await statusOf(openConsole(app).get(`/invitation?token=${encodeURIComponent(value)}`))) !== 410,
  'a recovery link': async (value) =>
    (await statusOf(openConsole(app).get(`/recover?token=${encodeURIComponent(value)}`))) !== 410,
  'a second-factor ticket, even with a code from the stolen TOTP secret': async (value) => {
    if (!/^[\w.-]+$/.test(value)) return false;
    browser.cookies.set('__Host-tokens_step', value);
    await browser.get('/login/code?next=/profile');
    const code = codeAt(guarded.totp, app.clock.now());
    return (await browser.submit('/login/code?next=%2Fprofile', { code })).status !== 403;
  },
};

describe('an attacker with a copy of the database', () => {
  it('is modelled correctly: a secret of each kind is in use and is accepted in its role', async () => {
    const accepts = (use: string, kind: string) => uses[use]?.(secrets[kind] ?? '');
    const [token, session, client, device, code, link, invitation, recovery, ticket] = Object.keys(uses);
    expect(stolen.length).toBeGreaterThan(150);
    expect(await accepts(token ?? '', 'personal API token')).toBe(true);
    expect(await accepts(session ?? '', 'session')).toBe(true);
    expect(await accepts(client ?? '', 'client secret')).toBe(true);
    expect(await accepts(link ?? '', 'reset link')).toBe(true);
    expect(await accepts(invitation ?? '', 'invitation')).toBe(true);
    expect(await accepts(recovery ?? '', 'recovery link')).toBe(true);
    expect(await signsIn(app.dev.email, app.dev.password)).toBe(true);
    // These secrets work only once. `refill` creates new ones, so that unused ones exist when the attacks run.
    expect(await accepts(device ?? '', 'device code')).toBe(true);
    expect(await accepts(code ?? '', 'authorization code')).toBe(true);
    expect(await accepts(ticket ?? '', 'second-factor ticket')).toBe(true);
    await refill();
  });

  /** Creates new codes and tickets, leaves them unused and adds their rows to the stolen texts. */
  async function refill(): Promise<void> {
    app.clock.advance(30_000);
    await beginDevice(app);
    await authorizationCode();
    const signingIn = openConsole(app);
    await signingIn.get('/login');
    await signingIn.submit('/login', { email: guarded.email, password: guarded.password });
    const texts = (await cellsOf(app.path)).map(({ value }) => value).filter((value) => value.length >= 6);
    stolen = [...new Set([...stolen, ...texts])];
  }

  it('finds no secret in plain text', async () => {
    const cells = await cellsOf(app.path);
    for (const [kind, secret] of Object.entries(secrets)) {
      expect(secret, kind).not.toBe('');
      const places = cells.filter(({ value }) => value.includes(secret)).map(({ table }) => table);
      expect({ kind, places: [...new Set(places)] }).toEqual({ kind, places: [] });
    }
  });

  it.each(Object.keys(uses))('cannot use any stolen text as %s', async (use) => {
    const accepted: string[] = [];
    for (const value of stolen) if (await uses[use]?.(value)) accepted.push(value);
    expect(accepted).toEqual([]);
  });

  it('cannot sign in with any stolen text as the password, with or without a code', async () => {
    const long = stolen.filter((value) => value.length >= 12 && value.length <= 200);
    expect(long.filter((value) => value.startsWith('$argon2id$'))).not.toEqual([]);
    const accepted: string[] = [];
    for (const value of long) {
      if (await signsIn(app.dev.email, value)) accepted.push(value);
    }
    for (const value of long.filter((value) => /^\$argon2id\$|^[\w-]{43}$|^[A-Z2-7]{32}$/.test(value))) {
      if (await signsIn(guarded.email, value, codeAt(guarded.totp, app.clock.now()))) accepted.push(value);
    }
    expect(accepted).toEqual([]);
  });

  it('cannot use the hash of a recovery code as a second factor', async () => {
    const hashes = (await cellsOf(app.path)).filter(
      ({ table, column }) => table === 'recovery_codes' && column === 'hash',
    );
    expect(hashes.length).toBe(guarded.recoveryCodes.length);
    const user = await app.store.users.findById(guarded.id);
    if (user === null) throw new Error('The member does not exist');
    const clientInfo = { ip: null, userAgent: null };
    const isAccepted = async (code: string) => {
      await app.services.rateLimit.forgetAccount(`second step of ${user.id}`);
      return app.services.totp.check(user, code, clientInfo);
    };
    for (const { value } of hashes) expect(await isAccepted(value)).toBe(false);
    expect(await isAccepted(secrets['recovery code'] ?? '')).toBe(true);
  });

  it('cannot use the reset link after thirty minutes', async () => {
    const link = `/password/reset?token=${secrets['reset link']}`;
    expect(await statusOf(openConsole(app).get(link))).toBe(200);
    app.clock.advance(30 * 60_000);
    expect(await statusOf(openConsole(app).get(link))).toBe(410);
  });
});
