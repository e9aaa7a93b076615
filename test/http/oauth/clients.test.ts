import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken, jsonOf, verdict } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient, basic, postForm, postIntrospection } from '../../helpers/app/oauth.ts';
import { deleteApp, issueGated, registerApp } from '../../helpers/gate/gated.ts';

let app: TestServer;
beforeEach(async () => {
  app = await startTestServer();
});
afterEach(() => app.stop());

/** Posts a form to the introspection or the revocation endpoint. */
const post = (path: string, parameters: Record<string, string> | string, headers: Record<string, string> = {}) =>
  path.startsWith('/oauth/introspect')
    ? postIntrospection(app, parameters, headers, path)
    : postForm(app, path, parameters, headers);

const hour = 3600;

/** Returns a token in each state in which it is rejected, and values that never were tokens. */
async function rejectedValues(): Promise<Record<string, string>> {
  const make = async (email: string) => {
    const member = await app.addMember({ email, can_manage_tokens: true });
    return { member, created: await createToken(app, member, { name: 'x', expires_in: hour }) };
  };
  const [revoked, blocked, disabled, expired] = [
    await make('revoked@example.com'),
    await make('blocked@example.com'),
    await make('disabled@example.com'),
    await make('expired@example.com'),
  ];
  await app.ask(`/api/v1/tokens/${revoked.created.id}`, { method: 'DELETE', as: revoked.member });
  await app.store.users.setCanManageTokens(blocked.member.id, false);
  await app.store.users.setDisabled(disabled.member.id, true);
  app.clock.advance(hour * 1000);
  const { token } = revoked.created;
  return {
    revoked: token,
    blocked: blocked.created.token,
    disabled: disabled.created.token,
    expired: expired.created.token,
    unknown: `tok_${'A'.repeat(32)}1Zv4jE`,
    malformed: 'x',
    truncated: token.slice(0, -1),
    'a session': app.dev.session,
    'a long text': 'x'.repeat(5000),
  };
}

describe('introspection (RFC 7662)', () => {
  it('returns exactly the documented fields of an active token', async () => {
    const client = await addClient(app, 'gateway');
    const created = await createToken(app, app.dev, { name: 'ci', expires_in: hour });
    const response = await client.introspect({ token: created.token, token_type_hint: 'refresh_token' });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const at = Math.floor(app.clock.now() / 1000);
    expect(await response.json()).toEqual({
      active: true,
      scope: '',
      client_id: 'tokens',
      username: 'dev@example.com',
      sub: app.dev.id,
      jti: created.id,
      token_type: 'Bearer',
      iat: at,
      exp: at + hour,
      name: 'ci',
      prefix: created.prefix,
      apps: null,
      read_only: false,
      allow: null,
      networks: null,
      enforce: true,
    });
    const unlimited = await createToken(app, app.dev, { name: 'unlimited', expires_in: null });
    expect(await jsonOf(client.introspect({ token: unlimited.token }))).not.toHaveProperty('exp');
  });

  it('returns the same bytes for every value that is not an active token', async () => {
    const client = await addClient(app, 'gateway');
    const responses = new Set<string>();
    for (const [state, token] of Object.entries(await rejectedValues())) {
      const response = await client.introspect({ token });
      const fields = [...response.headers].filter(([name]) => name !== 'x-request-id' && name !== 'date');
      expect(response.status, state).toBe(200);
      responses.add(JSON.stringify([await response.text(), fields]));
    }
    expect(responses.size).toBe(1);
    expect([...responses][0]).toContain('{\\"active\\":false}');
  });

  it('agrees with the other routes in every state of a token and its owner', async () => {
    const client = await addClient(app, 'gateway');
    const member = await app.addMember({ email: 'any@example.com', can_manage_tokens: true });
    let count = 0;
    const state = fc.record({
      disabled: fc.boolean(),
      permitted: fc.boolean(),
      expired: fc.boolean(),
      revoked: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(state, async ({ disabled, permitted, expired, revoked }) => {
        await app.store.users.setDisabled(member.id, false);
        await app.store.users.setCanManageTokens(member.id, true);
        count += 1;
        const { id, token } = await createToken(app, member, { name: `t${count}`, expires_in: hour });
        if (revoked) await app.store.tokens.destroy(id, app.clock.now(), { kind: 'system', id: null, email: null });
        await app.store.users.setDisabled(member.id, disabled);
        await app.store.users.setCanManageTokens(member.id, permitted);
        if (expired) app.clock.advance(hour * 1000);
        const { active } = await jsonOf(client.introspect({ token }));
        expect(active).toBe((await verdict(app, token)) === 200);
        expect(active).toBe(!disabled && permitted && !expired && !revoked);
      }),
      { numRuns: 20 },
    );
  }, 30_000);

  it('shows the rules of an active token, with the names of apps that exist', async () => {
    const client = await addClient(app, 'gateway');
    const [wiki, gone] = [await registerApp(app.store, 'wiki'), await registerApp(app.store, 'gone')];
    const rules = { readOnly: true, allow: ['GET /a/**'], networks: ['203.0.113.0/24'], enforce: false };
    const { value } = await issueGated(app.store, { apps: [gone.id, wiki.id], ...rules });
    await deleteApp(app.store, gone.id);
    expect(await jsonOf(client.introspect({ token: value }))).toMatchObject({
      active: true,
      apps: ['wiki'],
      read_only: true,
      allow: rules.allow,
      networks: rules.networks,
      enforce: false,
    });
  });

  it('evaluates the rules whose inputs the client sends, and unknown apps and groups', async () => {
    const client = await addClient(app, 'gateway');
    const wiki = await registerApp(app.store, 'wiki');
    await registerApp(app.store, 'grafana', { groups: ['ops'] });
    const rules = { apps: [wiki.id], allow: ['GET,HEAD /a/ä%20/**'], networks: ['2001:db8::/32'] };
    const { value } = await issueGated(app.store, rules);
    const { value: free } = await issueGated(app.store);
    const isActive = async (token: string, fields: Record<string, string>) =>
      (await jsonOf<{ active: boolean }>(client.introspect({ token, ...fields }))).active;
    for (const [fields, expected] of [
      [{}, true],
      [{ app: 'wiki' }, true],
      [{ app: 'grafana' }, false],
      [{ app: 'Wiki' }, false],
      [{ method: 'DELETE' }, false],
      [{ method: 'HEAD' }, true],
      [{ path: '/b' }, false],
      [{ path: '/a/ä%20/b' }, true],
      [{ method: 'GET', path: '/b' }, false],
      [{ method: 'GET', path: '/a/ä%20/c?q=//' }, true],
      [{ method: 'GET', path: '/a/ä%20/../b' }, false],
      [{ method: 'PUT', path: '/a/ä%20/c' }, false],
      [{ ip: '2001:DB8:0:0::7' }, true],
      [{ ip: '203.0.113.9' }, false],
      [{ ip: 'junk' }, false],
      [{ app: 'wiki', method: 'HEAD', path: '/a/ä%20', ip: '2001:db8::1' }, true],
    ] as Array<[Record<string, string>, boolean]>) {
      expect({ fields, active: await isActive(value, fields) }).toEqual({ fields, active: expected });
    }
    expect(await isActive(free, { app: 'no-such-app' })).toBe(false);
    expect(await isActive(free, { app: 'grafana' })).toBe(false);
    expect(await isActive(free, { app: 'wiki', method: 'DELETE', path: '//', ip: 'junk' })).toBe(true);
  });

  it('counts a denied request with its reason if the client describes one, and records no use', async () => {
    const client = await addClient(app, 'gateway');
    const { value, id } = await issueGated(app.store, { readOnly: true });
    await client.introspect({ token: value, method: 'DELETE', path: '/' });
    expect(app.services.lastUsed.drain()).toEqual([]);
    const [counted, ...others] = app.services.useCounter.take(10);
    expect([counted?.tokenId, others]).toEqual([id, []]);
    expect(JSON.stringify(counted?.hours)).toContain('"method"');
    await client.introspect({ token: value, app: 'nowhere' });
    expect(JSON.stringify(app.services.useCounter.take(10)[0]?.hours)).toContain('"app"');
  });

  it('records a use only if the client describes one, and only in valid form', async () => {
    const client = await addClient(app, 'gateway');
    const { id, token } = await createToken(app, app.dev, { name: 'ci' });
    await client.introspect({ token });
    expect(app.services.lastUsed.drain()).toEqual([]);
    await client.introspect({ token, method: 'get', path: `/a?secret=1`, ip: '::ffff:203.0.113.9' });
    await client.introspect({ token, ip: 'nonsense' });
    await client.introspect({ token, path: `/${'ä'.repeat(2000)}` });
    const [use] = app.services.lastUsed.drain();
    expect(use).toMatchObject({ tokenId: id, method: null, ip: null, userAgent: null });
    expect(use?.path).toBe(`/${'ä'.repeat(1023)}`);
    await client.introspect({ token, method: 'DELETE', path: '/builds/42?x=1', ip: '::ffff:203.0.113.9' });
    expect(app.services.lastUsed.drain()[0]).toMatchObject({ method: 'DELETE', path: '/builds/42', ip: '203.0.113.9' });
  });

  it('rejects a body over 64 KiB and closes the connection', async () => {
    const client = await addClient(app, 'gateway');
    const [, authorization = ''] = Object.entries(client.credentials)[0] ?? [];
    const head = [
      'POST /oauth/introspect HTTP/1.1',
      'Host: x',
      `Authorization: ${authorization}`,
      'Content-Type: application/x-www-form-urlencoded',
    ];
    const endless = `${[...head, 'Transfer-Encoding: chunked', '', ''].join('\r\n')}10000\r\n${'x'.repeat(0x10000)}\r\n1\r\n`;
    const chunked = await app.exchange(`${endless}x\r\n`);
    expect(chunked.text).toMatch(/^HTTP\/1\.1 413 /);
    expect(chunked.closed).toBe(true);
    const declared = await app.exchange([...head, 'Content-Length: 10000000', '', 'x'.repeat(100_000)].join('\r\n'));
    expect(declared.text).toMatch(/^HTTP\/1\.1 413 [\s\S]*"error":"invalid_request"/);
    expect(declared.closed).toBe(true);
  });

  it('logs and counts the request and accepts its ID from a trusted proxy', async () => {
    const client = await addClient(app, 'gateway');
    const headers = { ...client.credentials, 'X-Request-Id': 'from-the-proxy' };
    const response = await postIntrospection(app, { token: 'x' }, headers);
    expect(response.headers.get('x-request-id')).toBe('from-the-proxy');
    expect(app.logLines.at(-1)).toMatch(/"path":"\/oauth\/introspect","status":200,.*"request_id":"from-the-proxy"/);
    const { text } = await app.metrics.expose();
    expect(text).toContain('tokensd_http_responses_total{method="POST",status="200"} 1');
    expect(text).toContain('tokensd_verifications_total{route="introspection",outcome="unknown"} 1');
  });

  it('does not log an error for a rejected client', async () => {
    await postIntrospection(app, { token: 'x' }, basic('client_nobody', 'x'));
    expect(app.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  it('handles Expect: 100-continue and survives a client that disconnects', async () => {
    const client = await addClient(app, 'gateway');
    const [, authorization = ''] = Object.entries(client.credentials)[0] ?? [];
    const head = (more: string[]) =>
      [
        'POST /oauth/introspect HTTP/1.1',
        'Host: x',
        `Authorization: ${authorization}`,
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: 7',
        ...more,
        '',
        '',
      ].join('\r\n');
    const waited = await app.exchange(`${head(['Expect: 100-continue', 'Connection: close'])}token=x`);
    expect(waited.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [\s\S]*\{"active":false\}$/);
    await app.exchange(`${head([])}tok`, 50);
    expect((await client.introspect({ token: 'x' })).status).toBe(200);
    expect(app.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  it('returns 503 if the database cannot be reached', async () => {
    const client = await addClient(app, 'gateway');
    await app.store.close();
    const response = await client.introspect({ token: 'x' });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });
});

describe('an OAuth client', () => {
  it('sends its credentials in the header or in the body', async () => {
    const { client_id, client_secret, credentials } = await addClient(app, 'gateway');
    const posted = { client_id, client_secret };
    expect((await post('/oauth/introspect', { token: 'x' }, credentials)).status).toBe(200);
    expect((await post('/oauth/introspect', { token: 'x', client_id }, credentials)).status).toBe(200);
    const pair = Buffer.from(`${client_id}:${client_secret}`).toString('base64url');
    const urlSafe = { Authorization: `Basic ${pair}` };
    expect((await post('/oauth/introspect', { token: 'x' }, urlSafe)).status).toBe(200);
    expect((await post('/oauth/introspect', { token: 'x', ...posted })).status).toBe(200);
  });

  it('is rejected with a challenge unless its credentials are valid', async () => {
    const { client_id: id, client_secret: secret } = await addClient(app, 'gateway');
    const { token } = await createToken(app, app.dev, { name: 'ci' });
    const raw = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const attempts: Array<[Record<string, string>, Record<string, string>]> = [
      [{}, {}],
      [{ client_id: id }, {}],
      [{ client_id: id, client_secret: `${secret}x` }, {}],
      [{ client_id: id, client_secret: '' }, {}],
      [{ client_id: 'tokens' }, {}],
      [{}, basic(id, secret.slice(1))],
      [{}, basic('client_nobody', secret)],
      [{}, basic('', '')],
      [{ client_id: 'another' }, basic(id, secret)],
      [{}, raw(id)],
      [{}, raw(`${id}:%ff`)],
      [{}, { Authorization: 'Basic ???' }],
      [{}, { Authorization: `Bearer ${token}` }],
      [{}, { Authorization: `Token ${token}` }],
      [{}, { Authorization: `Bearer ${app.root.session}` }],
    ];
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      for (const [parameters, headers] of attempts) {
        const response = await post(path, { token, ...parameters }, headers);
        expect(response.status, JSON.stringify([parameters, headers])).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe('Basic realm="tokensd"');
        expect(await response.text()).toBe('{"error":"invalid_client"}');
      }
    }
    expect(await verdict(app, token)).toBe(200);
  });

  it('must send each parameter once, in a form body', async () => {
    const { client_id: id, client_secret: secret, credentials } = await addClient(app, 'gateway', true);
    const bodies: Array<[string, Record<string, string>]> = [
      ['', credentials],
      ['token=', credentials],
      ['token=x&token=y', credentials],
      [`token=x&client_id=${id}&client_secret=${secret}`, credentials],
      ['token=x', { ...credentials, 'Content-Type': 'application/json' }],
      ['token=x', { ...credentials, 'Content-Type': 'text/plain' }],
    ];
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      for (const [body, headers] of bodies) {
        const response = await post(path, body, headers);
        expect(response.status, body).toBe(400);
        expect(await response.json()).toMatchObject({ error: 'invalid_request' });
      }
      const query = `?token=x&client_id=${id}&client_secret=${secret}`;
      expect((await post(path + query, 'y=z')).status).toBe(401);
      expect((await post(path, `token=${'x'.repeat(70_000)}`, credentials)).status).toBe(413);
      const get = await fetch(`http://127.0.0.1:${app.port}${path}?token=x`, { headers: credentials });
      expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it('can use only the new secret after a rotation, and none after its deletion', async () => {
    const { id, client_id, introspect } = await addClient(app, 'gateway');
    const rotated = await app.ask(`/api/v1/clients/${id}/secret`, { method: 'POST', as: app.root });
    const { client_secret } = await jsonOf<{ client_secret: string }>(rotated);
    expect((await introspect({ token: 'x' })).status).toBe(401);
    const introspectWithNewSecret = () => post('/oauth/introspect', { token: 'x' }, basic(client_id, client_secret));
    expect((await introspectWithNewSecret()).status).toBe(200);
    await app.ask(`/api/v1/clients/${id}`, { method: 'DELETE', as: app.root });
    expect((await introspectWithNewSecret()).status).toBe(401);
  });

  it('is listed without its secret, has a unique name and is audited', async () => {
    const { id, client_secret } = await addClient(app, 'Gateway');
    const duplicate = await app.ask('/api/v1/clients', { as: app.root, json: { name: 'GATEWAY' } });
    expect([duplicate.status, await jsonOf(duplicate)]).toMatchObject([409, { code: 'name-taken' }]);
    await app.ask(`/api/v1/clients/${id}/secret`, { method: 'POST', as: app.root });
    const list = await (await app.ask('/api/v1/clients', { as: app.root })).text();
    expect(list).toContain('"name":"Gateway"');
    expect(list).not.toContain('secret_');
    await app.ask(`/api/v1/clients/${id}`, { method: 'DELETE', as: app.root });
    const events = await app.store.audit.list({ limit: 3, before: null });
    expect(events.map(({ action }) => action)).toEqual(['client.deleted', 'client.secret_rotated', 'client.created']);
    expect(events.every(({ target }) => target.kind === 'client' && target.name === 'Gateway')).toBe(true);
    expect(app.logLines.join('')).not.toContain(client_secret);
  });
});

describe('revocation (RFC 7009)', () => {
  it('revokes a token with one mail and one event that name the client', async () => {
    const client = await addClient(app, 'leak scanner', true);
    const { id, token } = await createToken(app, app.dev, { name: 'leaked' });
    await app.mails();
    const response = await client.revoke({ token, token_type_hint: 'access_token' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(await verdict(app, token)).toBe('revoked');
    const mails = (await app.mails()).filter(({ subject }) => subject.includes('revoked'));
    expect(mails).toHaveLength(1);
    expect(mails[0]?.text).toContain('the OAuth client leak scanner');
    expect(mails[0]?.text).not.toContain(token);
    const [event] = await app.store.audit.list({ limit: 1, before: null });
    expect(event).toMatchObject({
      action: 'token.revoked',
      actor: { kind: 'client', id: client.client_id, email: 'leak scanner' },
      target: { id },
    });
  });

  it('returns the same response for known and unknown values', async () => {
    const client = await addClient(app, 'leak scanner', true);
    for (const [state, token] of Object.entries(await rejectedValues())) {
      const response = await client.revoke({ token });
      expect([state, response.status, await response.text()]).toEqual([state, 200, '']);
      if (state === 'blocked' || state === 'disabled' || state === 'expired') {
        expect(await verdict(app, token), state).toBe('revoked');
      }
    }
    const me = await app.ask('/api/v1/me', { as: app.dev });
    expect(me.status, 'a session is not a token').toBe(200);
  });

  it('is rejected for a client without can_revoke', async () => {
    const client = await addClient(app, 'gateway');
    const { token } = await createToken(app, app.dev, { name: 'ci' });
    const response = await client.revoke({ token });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'unauthorized_client' }]);
    expect(await verdict(app, token)).toBe(200);
  });
});
