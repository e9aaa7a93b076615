import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPurge } from '../../../server/jobs/purge.ts';
import { displayPrefix, isWellFormedToken } from '../../../shared/token-format.ts';
import { password } from '../../helpers/app/app.ts';
import { type SendOptions, startTestServer, type TestServer } from '../../helpers/app/http.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const username = 'dev@example.com';
const wrongPassword = 'incorrect horse battery staple';
const path = '/api-token-auth/';
const unableToLogIn = '{"non_field_errors":["Unable to log in with provided credentials."]}';

const post = (type: string, body: string, options: SendOptions = {}) =>
  server.send({
    method: 'POST',
    path,
    body,
    ...options,
    headers: [['Content-Type', type], ...(options.headers ?? [])],
  });
const postJson = (value: unknown, options?: SendOptions) => post('application/json', JSON.stringify(value), options);
const multipart = (parts: string[]) => `${parts.map((part) => `--B\r\n${part}\r\n`).join('')}--B--\r\n`;
const part = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;

async function tokenNamed(name: string | RegExp) {
  const user = await server.store.users.findById(server.dev.id);
  if (user === null) throw new Error('The member is missing.');
  const tokens = await server.store.tokens.list({
    ownerId: user.id,
    limit: 200,
    before: null,
    now: server.clock.now(),
  });
  return tokens.find((token) => (typeof name === 'string' ? token.name === name : name.test(token.name)));
}

describe('POST /api-token-auth/', () => {
  it.each<[string, string, string]>([
    ['JSON', 'application/json; charset=utf-8', JSON.stringify({ username, password, name: 'from json', extra: 1 })],
    [
      'form',
      'application/x-www-form-urlencoded',
      String(new URLSearchParams({ username, password, name: 'from form' })),
    ],
    [
      'multipart',
      'multipart/form-data; boundary=B',
      multipart([part('username', username), part('password', password), part('name', 'from multipart')]),
    ],
  ])('returns an active token for a %s body', async (encoding, type, body) => {
    const response = await post(type, body);
    expect(response.status).toBe(200);
    expect(response.body).toMatch(/^\{"token":"tok_[0-9A-Za-z]{38}"\}$/);
    expect(response.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    const { token } = JSON.parse(response.body) as { token: string };
    expect(isWellFormedToken(token)).toBe(true);
    expect(await server.services.verify(token)).toMatchObject({ allowed: true });
    expect(await tokenNamed(`from ${encoding.toLowerCase()}`)).toMatchObject({
      prefix: displayPrefix(token),
      expiresAt: null,
    });
  });

  it('works without the trailing slash, and does not redirect', async () => {
    const response = await postJson({ username, password, name: 'no slash' }, { path: '/api-token-auth' });
    expect(response.status).toBe(200);
  });

  it('names a token after the time if the request has no name, and lets it expire after 24 hours', async () => {
    const bodies = [await postJson({ username, password }), await postJson({ username, password })].map((a) => a.body);
    expect(new Set(bodies).size).toBe(2);
    const token = await tokenNamed(/^api-token-auth-2026-11-23T16:20:00\.000Z-[0-9A-Za-z]{4}$/);
    expect(token?.expiresAt).toBe(server.clock.now() + 24 * 60 * 60 * 1000);
  });

  it('writes a mail and an audit event with the IP address and user agent of the request', async () => {
    await postJson({ username, password, name: 'notified' }, { headers: [['User-Agent', 'tester/1']] });
    const mail = (await server.mails()).find(({ text }) => text.includes('notified'));
    expect(mail?.to).toBe(username);
    expect(mail?.text).toContain('tester/1');
    const [event] = await server.store.audit.list({ limit: 1, before: null });
    expect(event).toMatchObject({ action: 'token.created', userAgent: 'tester/1', ip: '127.0.0.1' });
  });

  it('trims the email address but not the password', async () => {
    expect((await postJson({ username: ` ${username.toUpperCase()} `, password, name: 'trimmed' })).status).toBe(200);
    expect((await postJson({ username, password: ` ${password}` })).body).toBe(unableToLogIn);
  });
});

describe('a request without valid credentials', () => {
  it('gets the same response for every kind of member', async () => {
    const off = await server.addMember({ email: 'off@example.com', can_manage_tokens: true });
    await server.store.users.setDisabled(off.id, true);
    await server.addMember({ email: 'bare@example.com' });
    const { id, ...sso } = await ssoMember();
    expect(id).toBeTypeOf('string');
    const attempts = [
      { username, password: wrongPassword },
      { username: 'nobody@example.com', password },
      { username: off.email, password },
      { username: 'bare@example.com', password },
      { username: sso.email, password },
    ];
    for (const attempt of attempts) {
      const { status, body } = await postJson(attempt);
      expect({ attempt, status, body }).toEqual({ attempt, status: 400, body: unableToLogIn });
    }
  });

  async function ssoMember() {
    const email = 'sso@example.com';
    const user = { id: 'sso', email, emailFolded: email, name: '', superuser: false, auditor: false, disabled: false };
    const rest = {
      canManageTokens: true,
      passwordHash: null,
      passwordUntilSso: false,
      sso: true,
      createdAt: server.clock.now(),
    };
    const signIn = {
      ssoSignedInAt: server.clock.now(),
      totpEnabledAt: null,
      passkeyCount: 0,
      ssoGroups: null,
      manualGroups: null,
      invitedAt: null,
      joinedAt: null,
      disabledAt: null,
      kind: 'member' as const,
      description: null,
    };
    await server.store.users.insert({ ...user, ...rest, ...signIn });
    return user;
  }

  it('gets 429 with DRF’s text after too many attempts', async () => {
    const limited = await startTestServer();
    try {
      let response = { status: 0, body: '', headers: {} as Record<string, unknown> };
      for (let i = 0; i < 30 && response.status !== 429; i += 1) {
        const body = JSON.stringify({ username, password: wrongPassword });
        response = await limited.send({ method: 'POST', path, body, headers: [['Content-Type', 'application/json']] });
      }
      const seconds = String(response.headers['retry-after']);
      expect(response.status).toBe(429);
      expect(seconds).toMatch(/^[1-9][0-9]*$/);
      const unit = seconds === '1' ? 'second' : 'seconds';
      expect(response.body).toBe(`{"detail":"Request was throttled. Expected available in ${seconds} ${unit}."}`);
    } finally {
      await limited.stop();
    }
  });
});

describe('the fields of the body', () => {
  const required = ['This field is required.'];
  const blank = ['This field may not be blank.'];
  const invalid = ['Not a valid string.'];

  it.each<[unknown, unknown]>([
    [{}, { username: required, password: required }],
    [{ username }, { password: required }],
    [
      { username: '', password: '' },
      { username: blank, password: blank },
    ],
    [{ username: ' \t\u00a0', password }, { username: blank }],
    [
      { username: null, password: null },
      { username: ['This field may not be null.'], password: ['This field may not be null.'] },
    ],
    [
      { username: true, password: [] },
      { username: invalid, password: invalid },
    ],
    [{ username: {}, password }, { username: invalid }],
    [{ username: 'a\0b', password }, { username: ['Null characters are not allowed.'] }],
    [{ username, password: '\ud800' }, { password: ['Surrogate characters are not allowed: U+D800.'] }],
    [{ username, password, name: null }, { name: ['This field may not be null.'] }],
    [{ username, password, name: ' ' }, { name: blank }],
    [{ username, password, name: 5.5, __proto__: null }, null],
    [{ username, password, name: 'a'.repeat(65) }, { name: ['A name must have at most 64 characters.'] }],
    [
      { password, name: false },
      { username: required, name: invalid },
    ],
    [{ username: 1, password: 2 }, { non_field_errors: ['Unable to log in with provided credentials.'] }],
    [[1], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    ['x', { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] }],
    [null, { non_field_errors: ['No data provided'] }],
  ])('get DRF’s errors for %j', async (sent, errors) => {
    const { status, body } = await postJson(sent);
    if (errors === null) expect(status).toBe(200);
    else expect([status, body]).toEqual([400, JSON.stringify(errors)]);
  });

  it.each(['a\u202eb', 'a\rb', 'a\u200bb', 'a\0b'])('must not contain the name %j', async (name) => {
    const { status, body } = await postJson({ username, password, name });
    expect([status, Object.keys(JSON.parse(body))]).toEqual([400, ['name']]);
  });

  it('must not repeat a name of the member in another case', async () => {
    await postJson({ username, password, name: 'taken' });
    const { status, body } = await postJson({ username, password, name: 'TAKEN' });
    expect([status, body]).toEqual([400, '{"name":["You already have a token with this name."]}']);
  });

  it('get an error once the member has reached the token limit', async () => {
    const small = await startTestServer({ maxTokensPerUser: 1, maxExpiry: 3_600 });
    try {
      const body = JSON.stringify({ username, password });
      const ask: SendOptions = { method: 'POST', path, body, headers: [['Content-Type', 'application/json']] };
      expect((await small.send(ask)).status).toBe(200);
      const [token] = await small.store.tokens.list({ limit: 2, before: null, now: small.clock.now() });
      expect(token?.expiresAt).toBe(small.clock.now() + 3_600_000);
      const second = await small.send(ask);
      expect([second.status, Object.keys(JSON.parse(second.body))]).toEqual([400, ['non_field_errors']]);
    } finally {
      await small.stop();
    }
  });

  it('work for every job of a script, and leave no rows behind', async () => {
    const jobs = await startTestServer({ maxTokensPerUser: 3 });
    try {
      const body = JSON.stringify({ username, password });
      const ask: SendOptions = { method: 'POST', path, body, headers: [['Content-Type', 'application/json']] };
      for (let day = 0; day < 12; day += 1) {
        expect((await jobs.send(ask)).status, `day ${day}`).toBe(200);
        jobs.clock.advance(24 * 60 * 60 * 1000);
      }
      jobs.clock.advance(60 * 60 * 1000);
      await createPurge({ ...jobs, ...jobs.services }).run(new AbortController().signal);
      const left = await jobs.store.tokens.list({ limit: 200, before: null, now: jobs.clock.now() });
      expect(left).toEqual([]);
    } finally {
      await jobs.stop();
    }
  });

  it('use the last of repeated form fields, and no uploaded file', async () => {
    const form = `username=nobody&username=${username}&password=${encodeURIComponent(password)}&name=repeated`;
    expect((await post('application/x-www-form-urlencoded', form)).status).toBe(200);
    const file = 'Content-Disposition: form-data; name="username"; filename="a"\r\n\r\nx';
    const { body } = await post('multipart/form-data; boundary=B', multipart([file, part('password', 'x')]));
    expect(body).toBe('{"username":["Not a valid string."]}');
  });

  it('are missing if the body is empty, whatever its media type', async () => {
    const missing = '{"username":["This field is required."],"password":["This field is required."]}';
    expect((await post('text/plain', '')).body).toBe(missing);
    expect((await server.send({ method: 'POST', path })).body).toBe(missing);
    const chunked = [['Transfer-Encoding', 'chunked']] as const;
    expect((await server.send({ method: 'POST', path, headers: chunked })).body).toBe(missing);
  });
});

describe('a request that DRF rejects', () => {
  it.each([
    ['{', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
    ['{"a":1,}', 'Expecting property name enclosed in double quotes: line 1 column 8 (char 7)'],
    ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
    ['{"a":1\n', "Expecting ',' delimiter: line 2 column 1 (char 7)"],
    ['nope', 'Expecting value: line 1 column 1 (char 0)'],
    ['"abc', 'Unterminated string starting at: line 1 column 1 (char 0)'],
    ['{"a":NaN}', 'Expecting value: line 1 column 6 (char 5)'],
    ['['.repeat(60_000), 'Expecting value: line 1 column 1 (char 0)'],
  ])('gets 400 and Python’s message for the invalid JSON %j', async (text, message) => {
    const { status, body } = await post('application/json', text);
    const detail = text.startsWith('[[')
      ? expect.stringMatching(/^JSON parse error - Expecting/)
      : `JSON parse error - ${message}`;
    expect([status, JSON.parse(body)]).toEqual([400, { detail }]);
  });

  // The messages of Python's `codecs.getreader('utf-8')`, with which DRF reads.
  it.each([
    ['ff', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"],
    ['7b2261223a22ff227d', "'utf-8' codec can't decode byte 0xff in position 6: invalid start byte"],
    ['c3287d', "'utf-8' codec can't decode byte 0xc3 in position 0: invalid continuation byte"],
    ['e28228', "'utf-8' codec can't decode bytes in position 0-1: invalid continuation byte"],
    ['f09f9841', "'utf-8' codec can't decode bytes in position 0-2: invalid continuation byte"],
    ['eda080', "'utf-8' codec can't decode byte 0xed in position 0: invalid continuation byte"],
    ['c0af', "'utf-8' codec can't decode byte 0xc0 in position 0: invalid start byte"],
    ['f4908080', "'utf-8' codec can't decode byte 0xf4 in position 0: invalid continuation byte"],
    ['f0288cbc', "'utf-8' codec can't decode byte 0xf0 in position 0: invalid continuation byte"],
    ['e228a1', "'utf-8' codec can't decode byte 0xe2 in position 0: invalid continuation byte"],
    ['22e28222', "'utf-8' codec can't decode bytes in position 1-2: invalid continuation byte"],
    ['80', "'utf-8' codec can't decode byte 0x80 in position 0: invalid start byte"],
    ['f8888080', "'utf-8' codec can't decode byte 0xf8 in position 0: invalid start byte"],
    ['f09f41', "'utf-8' codec can't decode bytes in position 0-1: invalid continuation byte"],
  ])('gets 400 and Python’s message for the invalid UTF-8 %s', async (hex, message) => {
    const headers = [['Content-Type', 'application/json']] as const;
    const { status, body } = await server.send({ method: 'POST', path, body: Buffer.from(hex, 'hex'), headers });
    expect([status, JSON.parse(body)]).toEqual([400, { detail: `JSON parse error - ${message}` }]);
  });

  it('reads a body whose last character is cut off without that character, as Python does', async () => {
    const headers = [['Content-Type', 'application/json']] as const;
    const body = Buffer.concat([Buffer.from('{"username":"x"}'), Buffer.from('c3', 'hex')]);
    const response = await server.send({ method: 'POST', path, body, headers });
    expect([response.status, response.body]).toEqual([400, '{"password":["This field is required."]}']);
  });

  it('gets 400 for a multipart body without a boundary', async () => {
    const { status, body } = await post('multipart/form-data', 'x');
    const detail = 'Multipart form parse error - Invalid boundary in multipart: None';
    expect([status, body]).toEqual([400, JSON.stringify({ detail })]);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('gets 405 for the method %s', async (method) => {
    const response = await server.send({ method, path });
    expect([response.status, response.headers.allow]).toEqual([405, 'POST, OPTIONS']);
    expect(response.body).toBe(`{"detail":"Method \\"${method}\\" not allowed."}`);
  });

  it('gets a description for OPTIONS', async () => {
    const response = await server.send({ method: 'OPTIONS', path });
    expect([response.status, response.headers.allow]).toEqual([200, 'POST, OPTIONS']);
  });

  it('gets 415 that quotes the media type if it is not supported', async () => {
    const response = await post('text/plain; charset=x', 'x');
    expect([response.status, response.body]).toEqual([
      415,
      '{"detail":"Unsupported media type \\"text/plain; charset=x\\" in request."}',
    ]);
  });

  it('gets 413 for a body over 64 KiB, with a Content-Length or in chunks', async () => {
    const large = 'a'.repeat(64 * 1024 + 1);
    const response = await post('application/json', large);
    expect(response.status).toBe(413);
    expect(JSON.parse(response.body)).toEqual({ detail: expect.any(String) });
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const { text } = await server.exchange(`${head}10001\r\n${large}\r\n0\r\n\r\n`, 500);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('gets 401 for a rejected Authorization, even beside valid credentials', async () => {
    const response = await postJson({ username, password }, { headers: [['Authorization', 'Token nonsense']] });
    expect([response.status, response.body]).toEqual([401, '{"detail":"Invalid token."}']);
    expect(response.all('WWW-Authenticate')).toEqual([
      'Token',
      'Bearer realm="tokensd", error="invalid_token", error_description="unknown"',
    ]);
    expect(response.headers).toMatchObject({ 'x-tokens-reason': 'unknown', 'cache-control': 'no-store' });
    expect((await server.send({ path, headers: [['Authorization', 'Token a b']] })).status).toBe(401);
  });

  it('is not rejected for an active token or another scheme in Authorization', async () => {
    const { value } = await server.issue('beside');
    for (const [i, authorization] of [`Bearer ${value}`, 'Digest a=b'].entries()) {
      const headers: SendOptions['headers'] = [['Authorization', authorization]];
      expect((await postJson({ username, password, name: `beside ${i}` }, { headers })).status).toBe(200);
    }
  });
});
