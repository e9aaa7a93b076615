import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessTable } from '../server/http/middleware/access.ts';
import { scopeTable } from '../server/http/middleware/scopes.ts';
import { hasScope, type Scope, scopes } from '../shared/scopes.ts';
import { jsonOf, openTestApp, type TestApp } from './helpers/app/app.ts';
import { storeKey, storeServiceAccount, type TestKey } from './helpers/app/management-key.ts';

/** Routes for sessions that no management key may use. A new route belongs here or in `scopeTable`. */
const closedToKeys = [
  'GET /api/v1/sessions',
  'GET /api/v1/sessions/current',
  'DELETE /api/v1/sessions/current',
  'POST /api/v1/sessions/current/confirm',
  'DELETE /api/v1/sessions/others',
  'DELETE /api/v1/sessions/:id',
  'GET /api/v1/users/:id/sessions',
  'DELETE /api/v1/users/:id/sessions',
  'DELETE /api/v1/users/:id/sessions/:session',
  'GET /api/v1/me',
  'PUT /api/v1/me/password',
  'DELETE /api/v1/me/tokens',
  'GET /api/v1/me/passkeys',
  'PATCH /api/v1/me/passkeys/:id',
  'DELETE /api/v1/me/passkeys/:id',
  'GET /api/v1/me/totp',
  'POST /api/v1/me/totp',
  'POST /api/v1/me/totp/confirm',
  'POST /api/v1/me/totp/disable',
  'POST /api/v1/me/totp/recovery-codes',
  'POST /api/v1/users/:id/invitation-link',
  'POST /api/v1/users/:id/erase',
  'GET /api/v1/users/:id/data',
  'DELETE /api/v1/users/:id/totp',
  'DELETE /api/v1/users/:id/identity',
];

const sessionRoutes = Object.entries(accessTable)
  .filter(([, access]) => ['session', 'superuser', 'reader'].includes(access))
  .map(([route]) => route);

let app: TestApp;
let keys: Map<string, TestKey>;
/** A token of the same service account that is no management key. */
let plain: TestKey;

beforeAll(async () => {
  // Without mail, keys cannot invite.
  app = await openTestApp({ smtpUrl: 'smtp://127.0.0.1:1' });
  const account = await storeServiceAccount(app, 'platform');
  const held: Array<[string, Scope[]]> = [...scopes.map((scope): [string, Scope[]] => [scope, [scope]])];
  held.push(['all', [...scopes]]);
  keys = new Map();
  for (const [name, list] of held) {
    keys.set(name, await storeKey(app, account, list, { name: name.replace(':', '-') }));
  }
  plain = await storeKey(app, account, [], { name: 'plain' });
});
afterAll(() => app.close());

async function call(route: string, key: TestKey) {
  const [method = '', path = ''] = route.split(' ');
  const response = await app.ask(path.replace(':id', '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b'), {
    method,
    headers: { ...key.headers, 'Content-Type': 'application/json' },
    ...(['POST', 'PATCH', 'PUT'].includes(method) && { body: '{}' }),
  });
  const { code } = response.status < 400 || response.status === 204 ? { code: null } : await jsonOf(response);
  return { status: response.status, code };
}

it('decides for each route of sessions whether keys may use it', () => {
  const opened = Object.keys(scopeTable).filter((route) => accessTable[route] !== 'reporter');
  expect([...opened, ...closedToKeys].sort()).toEqual([...sessionRoutes].sort());
});

describe.each(sessionRoutes)('%s', (route) => {
  const needed = scopeTable[route];

  it.each([...scopes, 'all'])('lets a key with the scope %s in only if the table says so', async (name) => {
    const held = name === 'all' ? scopes : [name as Scope];
    const { status, code } = await call(route, keys.get(name) as TestKey);
    if (needed === undefined) {
      expect({ status, code }).toEqual({ status: 403, code: 'not-for-keys' });
    } else if (!hasScope(held, needed)) {
      expect({ status, code }).toEqual({ status: 403, code: 'scope-missing' });
    } else {
      // The request passed the check. It fails later, because nothing has this ID and the body is empty.
      expect([200, 400, 404]).toContain(status);
      expect(code).not.toBe('not-found');
    }
  });

  it('lets a token without scopes in nowhere', async () => {
    expect(await call(route, plain)).toEqual({ status: 403, code: 'session-required' });
  });
});
