import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { accessTable } from '../../../server/http/middleware/access.ts';
import { pageAccess } from '../../../server/web/shell/access.ts';
import type { Ask } from '../../helpers/app/app.ts';
import { routesOf } from '../../helpers/app/routes.ts';
import { isFullLength } from '../../helpers/length.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';
import { passkeyRecord } from '../../store/contract/sign-in/passkeys.ts';
import {
  anyForm,
  cookieOf,
  type Dump,
  dump,
  formTokenOf,
  type Members,
  newestEvent,
  openMembers,
  operationsOf,
} from './members.ts';

// Opened at the top level, because the router determines the tests.
const app = await openMembers();
const operations = await operationsOf(app);
afterAll(() => app.close());

const verbs = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const isPage = (path: string) => Object.keys(pageAccess).some((key) => key.endsWith(` ${path}`));
const routes = routesOf(app.app).map(({ method, path }) => ({
  key: `${method} ${path}`,
  method: method === 'ALL' ? 'POST' : method,
  path,
  access: pageAccess[`${method} ${path}`] ?? accessTable[`${method} ${path}`],
}));
const paths = [...new Set(routes.map(({ path }) => path))];
const withIds = paths.filter((path) => path.includes('/:'));

interface Caller {
  headers: Record<string, string>;
  formToken: string;
}

let callers: Record<'session' | 'cookie' | 'token' | 'client' | 'anonymous', Caller>;
beforeAll(async () => {
  const { client_id, client_secret } = app.client;
  const formToken = await formTokenOf(app, app.dev.session);
  callers = {
    session: { headers: { Authorization: `Bearer ${app.dev.session}` }, formToken },
    cookie: { headers: cookieOf(app, app.dev.session), formToken },
    token: { headers: { Authorization: `Token ${app.own.token.token}` }, formToken },
    client: {
      headers: { Authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
      formToken,
    },
    anonymous: { headers: {}, formToken },
  };
});

/** Returns a body that the route accepts. A token or a service account is changed only by a request with at least one field. */
function requiredBody(method: string, path: string): object {
  const needsField = method === 'PATCH' && ['/api/v1/tokens/:id', '/api/v1/service-accounts/:id'].includes(path);
  return { ...operations.get(`${method} ${path}`)?.body?.required, ...(needsField && { description: 'changed' }) };
}

/** Returns a request with a body that the route accepts from a caller who may use it. */
function requestOf(path: string, method: string, { headers, formToken }: Caller, extra: object = {}): Ask {
  if (method === 'GET' || method === 'HEAD') return { method, headers };
  if (path.startsWith('/api/v1')) {
    return { method, headers, json: { ...requiredBody(method, path), ...extra } };
  }
  const form = new URLSearchParams({
    ...anyForm,
    ...Object.fromEntries(Object.entries(extra).map(([k, v]) => [k, String(v)])),
  });
  form.set('form_token', formToken);
  return {
    method,
    headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

/** Returns the whole response without values that differ each time. The requested id is replaced by `{id}`. */
async function bytesOf(response: Response, requested: string): Promise<string> {
  const fields = [...response.headers].filter(([name]) => name !== 'x-request-id' && name !== 'date');
  const text = `${response.status} ${JSON.stringify(fields)} ${await response.text()}`;
  return text
    .replaceAll(response.headers.get('x-request-id') ?? 'none', '{request}')
    .replace(/tokens_visitor=[\w-]{43}/, '{visitor}')
    .replace(/name=\\?"form_token\\?" value=\\?"[\w-]{43}/, '{visitor}')
    .replace(/name=\\?"key\\?" value=\\?"[\w-]{36}/, '{key}')
    .replaceAll(requested, '{id}')
    .replaceAll(encodeURIComponent(requested), '{id}');
}

/** Returns the path with each of the ids. A parameter that is not an id gets an existing action. */
function addressesOf(path: string): Array<{ what: string; address: string; requested: string }> {
  const last = path.split('/').findLastIndex((part) => part.startsWith(':') && part !== ':action');
  // Every member may read what is stored about themselves.
  const isOwnData = (id: string) => path === '/api/v1/users/:id/data' && id === app.dev.id;
  // Owners see that a token of theirs ended.
  const isOwnEnd = (what: string) =>
    /^\/(api\/v1|profile)\/(api-)?tokens\/:id$/.test(path) && what === 'a revoked token of their own';
  const ids = Object.entries(app.ids).filter(([what, id]) => !isOwnData(id) && !isOwnEnd(what));
  return ids.map(([what, id]) => ({
    what,
    requested: id,
    address: path
      .split('/')
      .map((part, at) =>
        part === ':action' ? 'grant' : part.startsWith(':') ? (at === last ? id : app.other.id) : part,
      )
      .join('/'),
  }));
}

/** Returns the status that a member gets on this route for something that is not theirs. */
function expectedStatus(path: string, verb: string): number {
  const method = verb === 'HEAD' ? 'GET' : verb;
  const route = routes.find((one) => one.path === path && one.method === method);
  if (route === undefined) return 405;
  // A request about a member gets the same 403, whether or not the member exists.
  const isAboutMembers = path.startsWith('/api/v1/users/');
  return isAboutMembers || route.access === 'superuser' || route.access === 'reader' ? 403 : 404;
}

/** Returns the fields without which the route rejects a request about the caller's own. */
function neededFields(path: string, { own: { token }, other }: Awaited<ReturnType<typeof openMembers>>): object {
  return {
    ...(path.endsWith('/narrow') && { read_only: true }),
    ...(path === '/profile/api-tokens/:id/test' && { method: 'GET', path: '/' }),
    ...(path.endsWith('/maintainers/add') && { email: other.email }),
    ...(path.endsWith('/passkeys/:id/rename') && { new_name: 'renamed' }),
    ...(path.endsWith('/service-accounts/:id/selected') && { action: 'pause', ids: token.id }),
  };
}

describe.each(withIds)('%s', (path) => {
  it.each(verbs)(
    'returns the same bytes to %s for everything that is not the caller’s own, and changes nothing',
    async (verb) => {
      const before = await dump(app);
      // The router rejects a method that the path does not have, whoever asks.
      const isRouted = expectedStatus(path, verb) !== 405;
      const { cookie } = callers;
      for (const [name, caller] of Object.entries(isRouted || isFullLength ? callers : { cookie })) {
        const responses = new Map<string, string>();
        for (const { what, address, requested } of addressesOf(path)) {
          const response = await app.ask(address, requestOf(path, verb, caller));
          expect(response.status, `${name} about ${what}`).toBeGreaterThanOrEqual(300);
          const mayAsk = name === 'cookie' || (name === 'session' && !isPage(path));
          if (mayAsk) expect([what, response.status]).toEqual([what, expectedStatus(path, verb)]);
          // In a path with several ids, the earlier ones belong to another member.
          responses.set(await bytesOf(response, requested), what);
        }
        expect([...responses.values()], `${name}: ${[...responses.keys()].join('\n')}`).toHaveLength(1);
      }
      expect(await dump(app)).toEqual(before);
    },
  );

  const own = routes.filter(
    (route) =>
      // An app belongs to nobody, and all members may read it.
      route.path === path && path !== '/api/v1/apps/:id' && (route.access === 'session' || route.access === 'member'),
  );
  it.each(own.map(({ method }) => method))('allows %s for the caller’s own', async (method) => {
    const world = await openMembers();
    onTestFinished(() => world.close());
    const caller = {
      headers: cookieOf(world, world.dev.session),
      formToken: await formTokenOf(world, world.dev.session),
    };
    if (path.endsWith('/transfer')) {
      const account = await addServiceAccount(world.store, 'ci');
      await world.store.serviceAccounts.addMaintainer(account.id, world.dev.id);
    }
    const statuses: number[] = [];
    const { token, session, account, trust } = world.own;
    const passkey = passkeyRecord(world.dev.id);
    if (path.includes('passkeys')) await world.store.passkeys.insert(passkey);
    const event = await newestEvent(world, world.dev);
    for (const id of [token.id, session, account, trust, passkey.id, event, world.dev.id]) {
      const address = path.replaceAll(/:(\w+)/g, (_, name) => (name === 'action' ? 'pause' : id));
      // A token has a previous value only after a rotation.
      const rotate = { as: world.dev, method: 'POST', json: {} };
      if (path.endsWith('/previous')) await world.ask(`/api/v1/tokens/${id}/rotate`, rotate);
      // A suggestion otherwise needs many uses, and narrowing needs a rule.
      const target = path.endsWith('/suggestion') ? `${address}?force=true` : address;
      const { status } = await world.ask(target, requestOf(path, method, caller, neededFields(path, world)));
      statuses.push(status);
    }
    // Otherwise the test above would also pass for a route that rejects everything.
    expect(statuses.filter((status) => status < 400)).toHaveLength(1);
  });
});

/** Pairs of an existing name of another member and an unknown name, which must be indistinguishable. */
const pairs: Array<[string, () => string, string]> = [
  ['a token', () => app.foreign.token.id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b'],
  ['a session', () => app.foreign.session, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b'],
  ['a member', () => app.other.id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b'],
  ['an email address', () => app.other.email, 'nobody@example.com'],
  ['a token name', () => app.foreign.token.name, 'zzyzx'],
  ['a service account', () => app.foreignAccount.id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b'],
  ['the name of a service account', () => app.foreignAccount.name, 'zzyzx'],
  ['a trust', () => app.foreignTrust.id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b'],
  ['the name of a trust', () => app.foreignTrust.name, 'zzyzx'],
  ['a token prefix', () => app.foreign.token.prefix, 'tok_AAAAAAAA'],
  ['the user code of a device that another member opened', () => 'FFFF-FFFF', 'BBBB-BBBB'],
];
const dialogs = ['revoke', 'end-session', 'edit', 'ungrant', 'disable', 'offboard', 'delete', 'revoke-tokens'];
const pageQueries = ['id', 'token', 'user', 'email', 'q', 'user_code'];
const gets = routes.filter(({ method, access }) => method === 'GET' && access !== 'monitoring' && access !== 'file');

describe.each(gets)('$key', ({ key, path }) => {
  it('reveals nothing about other members through its query parameters', async () => {
    const before = await dump(app);
    const { headers } = callers.cookie;
    const target = path.replaceAll(/:\w+/g, app.own.token.id);
    const names = isPage(path) ? pageQueries : (operations.get(key)?.query.filter((name) => name !== 'cursor') ?? []);
    const queries = isPage(path) ? [{}, ...dialogs.map((dialog) => ({ dialog }))] : [{}];
    const searches = names.flatMap((name) => queries.map((query) => ({ name, query })));
    for (const { name, query } of searches) {
      const bytesAbout = async (value: string) => {
        const search = new URLSearchParams({ ...query, [name]: value }).toString();
        return bytesOf(await app.ask(`${target}?${search}`, { headers }), value);
      };
      // Several pairs have the same unknown name. The test asks for it once.
      const unknowns = [...new Set(pairs.map(([, , nobody]) => nobody))];
      const ofUnknowns = new Map(
        await Promise.all(unknowns.map(async (nobody) => [nobody, await bytesAbout(nobody)] as const)),
      );
      for (const [what, foreign, nobody] of pairs) {
        const response = await bytesAbout(foreign());
        expect({ what, name, query, response }).toEqual({ what, name, query, response: ofUnknowns.get(nobody) });
      }
    }
    expect(await dump(app)).toEqual(before);
  });
});

const sentinels = {
  id: '5e471e1d-0000-7000-8000-5e471e1d0000',
  hash: 'f'.repeat(64),
  password_hash: '$argon2id$sentinel',
  token: `tok_${'S'.repeat(38)}`,
  secret: `session_${'S'.repeat(43)}`,
  prefix: 'tok_SENTINEL',
  created_at: '1999-01-01T00:00:00.000Z',
};
const sentinelTexts = [...Object.values(sentinels), String(Date.parse(sentinels.created_at)), 'smuggled'];

/** Fields that members may not set. */
const forbidden = (): Record<string, unknown> => ({
  ...sentinels,
  owner: app.other.email,
  owner_id: app.other.id,
  user: app.other.id,
  user_id: app.other.id,
  role: 'superuser',
  superuser: true,
  is_superuser: true,
  can_manage_tokens: true,
  permission: true,
  disabled: true,
  sso: true,
  client_secret: 'smuggled',
  last_used_at: sentinels.created_at,
  'owner[id]': app.other.id,
});

/** Expects that nothing of other members changed, and nothing of this member that they may not change. */
function expectOnlyOwn(before: Dump, after: Dump, me: string): void {
  const others = ({
    users,
    tokens,
    sessions,
    tombstones,
    recovery_codes,
    passkeys,
    idempotency_keys,
    clients,
  }: Dump) => ({
    ...{ users: users?.filter(({ id }) => id !== me), clients },
    ...{
      tokens: tokens?.filter(({ owner_id }) => owner_id !== me),
      tombstones: tombstones?.filter(({ owner_id }) => owner_id !== me),
    },
    sessions: sessions?.filter(({ user_id }) => user_id !== me),
    rest: [recovery_codes, passkeys, idempotency_keys].map((rows) => rows?.filter(({ user_id }) => user_id !== me)),
  });
  expect(others(after)).toEqual(others(before));
  const settable = [
    'name',
    'name_folded',
    'password_hash',
    'totp_secret',
    'totp_enabled_at',
    'totp_last_step',
    'passkeys',
  ];
  const mine = ({ users }: Dump) =>
    users
      ?.filter(({ id }) => id === me)
      .map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !settable.includes(column))));
  expect(mine(after)).toEqual(mine(before));
  const all = JSON.stringify(after);
  for (const text of sentinelTexts) expect(all).not.toContain(text);
  const known = new Set(before.audit?.map(({ id }) => id));
  for (const event of after.audit ?? []) {
    if (!known.has(event.id ?? null)) expect([me, null]).toContain(event.owner_id);
  }
}

const unsafe = routes.filter(({ method }) => method !== 'GET');

describe.each(unsafe)('$key', ({ key, path, method }) => {
  const member = (world: Members, permitted: boolean) => (permitted ? world.dev : world.plain);

  it.each([true, false])(
    'ignores fields that members may not set, in any kind of body (with the permission: %s)',
    async (permitted) => {
      const world = await openMembers();
      onTestFinished(() => world.close());
      const me = member(world, permitted);
      const target = path.replaceAll(':action', 'grant').replaceAll(/:\w+/g, world.own.token.id);
      const extra = {
        ...forbidden(),
        ...{ owner_id: world.other.id, user_id: world.other.id, user: world.other.id, username: me.email },
      };
      const before = await dump(world);
      const json = { ...operations.get(key)?.body?.required, ...anyForm };
      for (const fields of [json, { ...operations.get(key)?.body?.required }]) {
        const session = await world.signIn(me.id);
        const headers = {
          ...cookieOf(world, session),
          'X-Forwarded-User': world.root.email,
          'X-Auth-User': world.root.email,
        };
        const caller = { headers, formToken: await formTokenOf(world, session) };
        const query = new URLSearchParams({ owner: world.other.id, user: world.other.id, superuser: 'true' });
        await world.ask(`${target}?${query}`, requestOf(path, method, caller, extra));
        await world.ask(target, requestOf(path, method, caller, extra));
        await world.ask(target, { method, headers, json: { ...extra, ...fields, username: me.email } });
        const multipart = new FormData();
        for (const [name, value] of Object.entries({
          ...extra,
          ...anyForm,
          form_token: caller.formToken,
          username: me.email,
        })) {
          multipart.set(name, String(value));
        }
        const body = new Request('http://x', { method: 'POST', body: multipart });
        const type = { 'Content-Type': body.headers.get('content-type') ?? '' };
        await world.ask(target, {
          method,
          headers: { ...headers, ...type },
          body: new Uint8Array(await body.arrayBuffer()),
        });
      }
      const after = await dump(world);
      expectOnlyOwn(before, after, me.id);
      // The rest of the request takes effect: the fields are ignored, not the request.
      const made = after.tokens?.filter(({ name }) => name === 'made').map(({ owner_id }) => owner_id);
      const makes =
        permitted &&
        [
          'POST /profile/api-tokens',
          'POST /profile/api-tokens/new',
          'ALL /api-token-auth',
          'ALL /api-token-auth/',
        ].includes(key);
      expect(made).toEqual(makes ? [me.id] : []);
    },
  );
});

// A token that rotates itself sends no session. Its own tests check the fields of its request.
// Reports of leaks are for OAuth clients and management keys.
const withBody = unsafe.filter(
  ({ key }) => operations.get(key)?.body && key !== 'POST /api/v1/token/rotate' && !key.startsWith('POST /leaks/'),
);

describe.each(withBody)('$key', ({ key, path, method, access }) => {
  it('rejects each such field by its name', async () => {
    const before = await dump(app);
    const fields: string[] = operations.get(key)?.body?.fields ?? [];
    for (const [name, value] of Object.entries(forbidden()).filter(([name]) => !fields.includes(name))) {
      const caller = access === 'anyone' ? {} : { as: app.dev };
      const json = { ...requiredBody(method, path), [name]: value };
      const response = await app.ask(path.replaceAll(/:\w+/g, app.other.id), { method, ...caller, json });
      expect(await response.json(), name).toMatchObject(
        access === 'superuser'
          ? { status: 403, code: 'superuser-required' }
          : { status: 400, code: 'invalid-fields', errors: [{ pointer: `/${name}` }] },
      );
    }
    expect(await dump(app)).toEqual(before);
  });
});
