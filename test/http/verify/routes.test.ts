import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Member } from '../../helpers/app/app.ts';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { issueGated, registerApp } from '../../helpers/gate/gated.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const routes = ['/verify/auth-request', '/verify/forward-auth', '/verify/ext-authz/api/builds'];
const forms: Record<string, (value: string) => Fields> = {
  Token: (value) => [['Authorization', `Token ${value}`]],
  Bearer: (value) => [['Authorization', `Bearer ${value}`]],
  Basic: (value) => [['Authorization', `Basic ${Buffer.from(`x:${value}`).toString('base64')}`]],
  'X-API-Key': (value) => [['X-API-Key', value]],
  'X-Tokens-Authorization': (value) => [['X-Tokens-Authorization', value]],
};
const combinations = routes.flatMap((path) => Object.keys(forms).map((form) => ({ path, form })));
const identityFields = [
  ...['User', 'User-Id', 'User-Name', 'User-Kind', 'Groups', 'App'],
  ...['Token-Id', 'Token-Name', 'Token-Prefix', 'Token-Expires', 'Superuser'],
].map((field) => `x-auth-${field.toLowerCase()}`);

const update = (member: Member, changes: { disabled?: boolean; can_manage_tokens?: boolean }) =>
  server.ask(`/api/v1/users/${member.id}`, { method: 'PATCH', json: changes, as: server.root });

describe('a request with an active token', () => {
  it('gets 200 with all eleven identity fields and no body', async () => {
    const ada = await server.addMember({ email: 'ada@example.com', name: 'Ada 100% Löve', can_manage_tokens: true });
    const { token, value } = await server.issue('ci pipeline', { as: ada });
    const response = await server.send({ path: '/verify/auth-request', headers: forms.Token?.(value) ?? [] });
    expect(response.status).toBe(200);
    expect(response.body).toBe('');
    expect(response.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-length': '0',
      'x-auth-user': 'ada@example.com',
      'x-auth-user-id': ada.id,
      'x-auth-user-name': 'Ada%20100%25%20L%C3%B6ve',
      'x-auth-token-id': token.id,
      'x-auth-token-name': 'ci%20pipeline',
      'x-auth-token-prefix': token.prefix,
      'x-auth-token-expires': '',
      'x-auth-superuser': 'false',
      'x-auth-user-kind': 'member',
      'x-auth-groups': '',
      'x-auth-app': '',
      'x-tokens-credential': 'authorization',
    });
    const sent = Object.keys(response.headers).filter((name) => name.startsWith('x-auth-'));
    expect(sent.sort()).toEqual([...identityFields].sort());
    expect(response.headers).not.toHaveProperty('www-authenticate');
  });

  it('gets an empty field for a missing value, and X-Auth-Superuser for a superuser', async () => {
    const { value } = await server.issue('root-token', { as: server.root });
    const { headers } = await server.send({ path: '/verify/forward-auth', headers: [['X-API-Key', value]] });
    expect(headers).toMatchObject({ 'x-auth-user-name': '', 'x-auth-superuser': 'true' });
  });

  it('gets the field that carried the token, and no other one', async () => {
    const { value } = await server.issue('carried');
    const carriers = new Map(Object.keys(forms).map((form) => [form, 'authorization']));
    carriers.set('X-API-Key', 'x-api-key').set('X-Tokens-Authorization', 'x-tokens-authorization');
    for (const path of routes) {
      for (const [form, field] of carriers) {
        const { headers } = await server.send({ path, headers: forms[form]?.(value) ?? [] });
        expect({ path, form, field: headers['x-tokens-credential'] }).toEqual({ path, form, field });
      }
      const foreign: Fields = [
        ['Authorization', 'Bearer glsa_of_the_app'],
        ['X-API-Key', value],
      ];
      const { headers } = await server.send({ path, headers: foreign });
      expect(headers['x-tokens-credential']).toBe('x-api-key');
    }
  });

  it("gets the app and the owner's groups, each encoded", async () => {
    const groups = { ssoGroups: ['ops', 'Büro 2'], manualGroups: ['a,b', 'ops', '100%'] };
    const { value } = await issueGated(server.store, groups);
    await registerApp(server.store, 'wiki', { groups: ['a,b'] });
    const { headers } = await server.send({ path: '/verify/apps/wiki/forward-auth', headers: [['X-API-Key', value]] });
    expect(headers).toMatchObject({ 'x-auth-app': 'wiki', 'x-auth-groups': 'ops,B%C3%BCro%202,a%2Cb,100%25' });
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE'])(
    'gets 200 with the method %s, whatever the query',
    async (method) => {
      const { value } = await server.issue(`method ${method}`);
      const path = '/verify/auth-request?token=x&access_token=y';
      expect((await server.send({ method, path, headers: [['X-API-Key', value]] })).status).toBe(200);
    },
  );
});

describe('a 401', () => {
  const challenge = (reason: string) => [
    'Token',
    `Bearer realm="tokensd", error="invalid_token", error_description="${reason}"`,
  ];

  it.each<[string, Fields, string]>([
    ['no header field', [], 'Authentication credentials were not provided.'],
    ['an empty Authorization', [['Authorization', '']], 'Authentication credentials were not provided.'],
    ['another scheme', [['Authorization', 'Digest a=b']], 'Authentication credentials were not provided.'],
    ['a scheme without a value', [['Authorization', 'Bearer']], 'Invalid token header. No credentials provided.'],
    ['an empty X-API-Key', [['X-API-Key', '']], 'Invalid token header. No credentials provided.'],
  ])('gives no reason if there is no credential: %s', async (_headers, headers, detail) => {
    for (const path of routes) {
      const response = await server.send({ path, headers });
      expect(response.status).toBe(401);
      expect(response.body).toBe(`{"detail":"${detail}"}`);
      expect(response.all('WWW-Authenticate')).toEqual(['Token', 'Bearer realm="tokensd"']);
      expect(response.headers).not.toHaveProperty('x-tokens-reason');
      expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
    }
  });

  it.each<[string, Fields, string]>([
    ['spaces', [['Authorization', 'Token a b']], 'Invalid token header. Token string should not contain spaces.'],
    [
      'invalid UTF-8',
      [['X-API-Key', '\xff']],
      'Invalid token header. Token string should not contain invalid characters.',
    ],
    ['a malformed Basic', [['Authorization', 'Basic !']], 'Invalid token.'],
    ['an unknown value', [['Authorization', 'Token tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE']], 'Invalid token.'],
    ['a value of 60,000 characters', [['Authorization', `Bearer ${'a'.repeat(60_000)}`]], 'Invalid token.'],
    [
      'two Authorization fields',
      [
        ['Authorization', 'Token a'],
        ['Authorization', 'Token a'],
      ],
      'Invalid token.',
    ],
    [
      'two forms of credential',
      [
        ['Authorization', 'Token a'],
        ['X-API-Key', 'a'],
      ],
      'Invalid token.',
    ],
  ])('gives the reason unknown for an unusable credential: %s', async (_headers, headers, detail) => {
    for (const path of routes) {
      const response = await server.send({ path, headers });
      expect(response.status).toBe(401);
      expect(response.body).toBe(`{"detail":"${detail}"}`);
      expect(response.all('WWW-Authenticate')).toEqual(challenge('unknown'));
      expect(response.headers['x-tokens-reason']).toBe('unknown');
      for (const field of identityFields) expect(response.headers).not.toHaveProperty(field);
    }
  });

  it('rejects an active token that is sent twice or in two forms', async () => {
    const { value } = await server.issue('twice');
    const token: [string, string] = ['Authorization', `Token ${value}`];
    for (const headers of [
      [token, token],
      [token, ['X-API-Key', value]],
    ] satisfies Fields[]) {
      expect((await server.send({ path: '/verify/auth-request', headers })).status).toBe(401);
    }
  });

  it('rejects a second credential after 900 other fields', async () => {
    const { value } = await server.issue('filler');
    const filler = Array.from({ length: 900 }, (): [string, string] => ['a', 'b']);
    const headers: Fields = [['X-API-Key', value], ...filler, ['X-API-Key', value]];
    expect((await server.send({ path: '/verify/auth-request', headers })).status).toBe(401);
  });

  it('ignores a token in the query, a cookie or the body', async () => {
    const { value } = await server.issue('elsewhere');
    const response = await server.send({
      method: 'POST',
      path: `/verify/auth-request?token=${value}&access_token=${value}`,
      headers: [['Cookie', `token=${value}`]],
      body: `token=${value}&access_token=${value}`,
    });
    expect(response.body).toBe('{"detail":"Authentication credentials were not provided."}');
  });

  it('has no body for HEAD', async () => {
    const response = await server.send({ method: 'HEAD', path: '/verify/auth-request' });
    expect([response.status, response.body]).toEqual([401, '']);
  });
});

describe('a route with ?challenge=basic', () => {
  const withQuery = (query: string) => ['/verify/auth-request', '/verify/forward-auth'].map((path) => path + query);
  const anyOrWrong: Fields[] = [
    [],
    [['Authorization', 'Digest a=b']],
    [['Authorization', 'Token a b']],
    [['Authorization', 'Basic !']],
    [['X-API-Key', 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE']],
  ];
  const challengesOf = async (path: string, headers: Fields) => {
    const { status, all } = await server.send({ path, headers });
    return { status, challenges: all('WWW-Authenticate') };
  };
  const onlyBasic = { status: 401, challenges: ['Basic realm="tokensd"'] };

  it('challenges every rejected request to Basic alone, with the same reason and body as without it', async () => {
    for (const path of withQuery('?challenge=basic')) {
      for (const headers of anyOrWrong) {
        expect(await challengesOf(path, headers)).toEqual(onlyBasic);
        const [basic, plain] = await Promise.all(
          [path, path.replace(/\?.*/, '')].map((one) => server.send({ path: one, headers })),
        );
        expect(basic?.body).toBe(plain?.body);
        expect(basic?.headers['x-tokens-reason']).toBe(plain?.headers['x-tokens-reason']);
        expect(basic?.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
      }
    }
  });

  it.each(['?challenge=Basic', '?a=b&challenge=basic', '?challenge=basic&challenge=any', '?challenge=b%61sic'])(
    'reads the query as a query: %s',
    async (query) => {
      for (const path of withQuery(query)) expect(await challengesOf(path, [])).toEqual(onlyBasic);
    },
  );

  it.each([
    '?challenge=',
    '?challenge=basic%0d%0aX-Auth-User:%20root',
    '?xchallenge=basic',
    '#?challenge=basic',
    '?challenge[]=basic',
  ])('gives the usual challenges for anything else: %s', async (query) => {
    for (const path of withQuery(query)) {
      expect(await challengesOf(path, [])).toEqual({
        status: 401,
        challenges: ['Token', 'Bearer realm="tokensd"'],
      });
    }
  });

  it('accepts the same tokens, and challenges none that is active', async () => {
    const { value } = await server.issue('challenged');
    for (const path of withQuery('?challenge=basic')) {
      for (const form of Object.values(forms)) {
        expect(await challengesOf(path, form(value))).toEqual({ status: 200, challenges: [] });
      }
    }
  });

  it('does not apply to ext-authz, whose query comes from the client', async () => {
    const { challenges } = await challengesOf('/verify/ext-authz/a?challenge=basic', []);
    expect(challenges).toEqual(['Token', 'Bearer realm="tokensd"']);
  });
});

describe('every credential form on every route', () => {
  const unchanged = async () => {};
  const deniedAs = (reason: string, detail = 'Invalid token.') => ({
    status: 401,
    reason,
    body: JSON.stringify({ detail }),
  });
  const inactive = 'User inactive or deleted.';

  it.each<[string, (id: string, owner: Member) => unknown, { status: number; reason?: string; body: string }]>([
    ['active', unchanged, { status: 200, body: '' }],
    [
      'revoked',
      (id, owner) => server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: owner }),
      deniedAs('revoked'),
    ],
    ['expired', () => server.clock.advance(60_000), deniedAs('expired')],
    ['blocked', (_id, owner) => update(owner, { can_manage_tokens: false }), deniedAs('blocked')],
    ['disabled', (_id, owner) => update(owner, { disabled: true }), deniedAs('disabled', inactive)],
    [
      'disabled and blocked',
      (_id, owner) => update(owner, { disabled: true, can_manage_tokens: false }),
      deniedAs('disabled', inactive),
    ],
  ])('gives the same verdict on a token that is %s', async (state, change, expected) => {
    const owner = await server.addMember({
      email: `${state.replaceAll(' ', '-')}@example.com`,
      can_manage_tokens: true,
    });
    const { token, value } = await server.issue(state, { as: owner, expiresIn: 60 });
    await change(token.id, owner);
    for (const { path, form } of combinations) {
      const { status, headers, body } = await server.send({ path, headers: forms[form]?.(value) ?? [] });
      expect({ path, form, status, reason: headers['x-tokens-reason'], body }).toEqual({
        path,
        form,
        reason: undefined,
        ...expected,
      });
    }
  });

  it('gives the same 401 for any other value', async () => {
    const junk = fc.string({
      minLength: 1,
      unit: fc.integer({ min: 33, max: 126 }).map((c) => String.fromCharCode(c)),
    });
    const combination = fc.constantFrom(...combinations);
    await fc.assert(
      fc.asyncProperty(junk, combination, async (value, { path, form }) => {
        const response = await server.send({ path, headers: forms[form]?.(value) ?? [] });
        expect([response.status, response.headers['x-tokens-reason']]).toEqual([401, 'unknown']);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a path that only resembles a verification route', () => {
  it.each([
    '/verify',
    '/verify/',
    '/verify/auth-requests',
    '/verify/ext-authzz',
    '/Verify/auth-request',
    '/verify/auth%2Drequest',
    '/verify/apps/wiki',
    '/verify/apps/wiki/',
    '/verify/apps/wiki/a/auth-request',
    '/verify/apps/wiki/auth-request/',
    '/verify/apps/wiki/ext-authzz',
    '/verify/apps/auth-request',
    '/verify//apps/wiki/auth-request',
  ])('gets 404: %s', async (path) => {
    expect((await server.send({ path })).status).toBe(404);
  });
});
