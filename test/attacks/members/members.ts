import { randomUUID } from 'node:crypto';
import sqlite3 from 'sqlite3';
import { internalTables } from '../../../server/store/maintenance/tables.ts';
import { createToken, jsonOf, type Member, password, type TestApp } from '../../helpers/app/app.ts';
import { copiesOf } from '../../helpers/app/copies.ts';
import { createAccountToken, createServiceAccount, createTrust } from '../../helpers/app/service-accounts.ts';
import { sessionCookieName } from '../../helpers/console/pages.ts';
import { passkeyRecord } from '../../store/contract/sign-in/passkeys.ts';

export type Row = Record<string, string | number | null>;
export type Dump = Record<string, Row[]>;

/**
 * Returns every row of every table, without what reading changes: failed sign-ins, the times of last activity of sessions, and the
 * positions of audit events.
 */
export async function dump({ path }: Pick<TestApp, 'path'>): Promise<Dump> {
  const database = new sqlite3.Database(path, sqlite3.OPEN_READONLY);
  const all = (sql: string) =>
    new Promise<Row[]>((resolve, reject) => {
      database.all<Row>(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  const tables = (await all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"))
    .map(({ name }) => String(name))
    .filter((name) => !internalTables.includes(name) && !name.startsWith('sqlite_'));
  const dumped = await Promise.all(
    tables.map(async (table) => [table, await all(`SELECT * FROM ${table} ORDER BY 1, 2`)] as const),
  );
  await new Promise((resolve) => database.close(resolve));
  const rows: Dump = Object.fromEntries(dumped);
  return {
    ...rows,
    audit: (rows.audit ?? [])
      .filter(({ action }) => action !== 'session.failed')
      .map(({ position: _, ...rest }) => rest),
    job_positions: (rows.job_positions ?? []).filter(({ job }) => job !== 'audit-order'),
    sessions: (rows.sessions ?? []).map(({ last_seen_at: _, ...rest }) => rest),
  };
}

export type Members = Awaited<ReturnType<typeof openMembers>>;

/** Opens a daemon with `dev` and other members. Each has existing and deleted tokens, sessions and clients. */
export const openMembers = copiesOf(addMembers);

async function addMembers(app: TestApp) {
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  const plain = await app.addMember({ email: 'plain@example.com' });
  const gone = await app.addMember({ email: 'gone@example.com' });

  const sessionOf = async (member: Member) => {
    const found = await app.services.sessions.authenticate(await app.signIn(member.id));
    return found?.session.id ?? '';
  };
  const deletePath = async (path: string) => {
    await app.ask(path, { method: 'DELETE', as: app.root });
  };
  const tokenOf = async (as: Member, name: string) => createToken(app, as, { name });
  const { id: account } = await createServiceAccount(app, 'of-dev', { maintainers: [app.dev] });
  const foreignAccount = await createServiceAccount(app, 'of-other', { maintainers: [other] });
  const ofForeignAccount = await createAccountToken(app, other, 'of-other', { name: 'deploy' });
  const trust = (await createTrust(app, { name: 'trust-of-dev', service_account: 'of-dev' })).id;
  const foreignTrust = await createTrust(app, { name: 'trust-of-other', service_account: 'of-other' });
  const goneAccount = await createServiceAccount(app, 'gone', { maintainers: [app.dev] });
  await deletePath(`/api/v1/service-accounts/${goneAccount.id}`);
  const passkeyOf = async (userId: string) => {
    const passkey = passkeyRecord(userId);
    await app.store.passkeys.insert(passkey);
    return passkey.id;
  };
  const own = { token: await tokenOf(app.dev, 'own'), session: await sessionOf(app.dev), account, trust };
  const foreign = { token: await tokenOf(other, 'foreign'), session: await sessionOf(other) };
  const revoked = { own: await tokenOf(app.dev, 'gone'), foreign: await tokenOf(other, 'gone') };
  for (const { id } of Object.values(revoked)) await deletePath(`/api/v1/tokens/${id}`);
  const ended = { own: await sessionOf(app.dev), foreign: await sessionOf(other) };
  await app.store.sessions.delete(ended.own, app.dev.id);
  await app.store.sessions.delete(ended.foreign, other.id);
  const addClient = (name: string) =>
    jsonOf<{ id: string; client_id: string; client_secret: string }>(
      app.ask('/api/v1/clients', { as: app.root, json: { name, can_revoke: true } }),
    );
  const [client, deletedClient] = [await addClient('gateway'), await addClient('gone')];
  await deletePath(`/api/v1/clients/${deletedClient.id}`);
  await app.store.users.setDisabled(gone.id, true);
  await addDevice(app, 'FFFFFFFF', (await app.services.sessions.authenticate(other.session))?.session.id ?? '');

  /** None of these ids names something that `dev` has. */
  const ids: Record<string, string> = {
    'a token of another member': foreign.token.id,
    'an event of another member': await newestEvent(app, other),
    'that token in upper case': foreign.token.id.toUpperCase(),
    'a token of a superuser': (await tokenOf(app.root, 'of root')).id,
    'a session of another member': foreign.session,
    'a passkey of another member': await passkeyOf(other.id),
    'another member': other.id,
    'a superuser': app.root.id,
    'the member themselves, instead of a token or session': app.dev.id,
    'a service account that another member maintains': foreignAccount.id,
    'a token of that service account': ofForeignAccount.id,
    'a trust of that service account': foreignTrust.id,
    'a deleted service account of their own': goneAccount.id,
    'a client': client.id,
    'a client id': client.client_id,
    'a revoked token of their own': revoked.own.id,
    'a revoked token of another member': revoked.foreign.id,
    'an ended session of their own': ended.own,
    'an ended session of another member': ended.foreign,
    'a deleted client': deletedClient.id,
    'a disabled member': gone.id,
    'an id that never existed': '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
    'a random id': randomUUID(),
  };
  return { other, plain, own, foreign, foreignAccount, foreignTrust, client, ids };
}

async function addDevice(app: TestApp, userCode: string, openedBy: string): Promise<void> {
  const at = app.clock.now();
  await app.store.deviceCodes.insert({
    ...{ hash: `hash of ${userCode}`, userCode, clientId: 'tokens', ip: null, userAgent: null },
    ...{ createdAt: at, expiresAt: at + 600_000, intervalMs: 5000, lastPolledAt: null },
    ...{ status: 'pending', openedBy, userId: null, sso: false, ssoSid: null },
  });
}

/** Returns the headers that a browser sends from our own page with the member's cookie. */
export function cookieOf(app: TestApp, session: string): Record<string, string> {
  return { Cookie: `${sessionCookieName(app)}=${session}`, 'Sec-Fetch-Site': 'same-origin' };
}

/** Returns the form token that every form of this session contains. */
export async function formTokenOf(app: TestApp, session: string): Promise<string> {
  const page = await app.ask('/logout', { headers: cookieOf(app, session) });
  return /name="form_token" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
}

/** A form with the fields of every page and of every OAuth and DRF endpoint. */
export const anyForm: Readonly<Record<string, string>> = {
  ...{ name: 'made', description: 'd', expires: 'never', email: 'new@example.com', username: 'dev@example.com' },
  ...{ password, current: password, new: 'another staple battery horse', again: 'another staple battery horse' },
  ...{ code: '000000', decision: 'approve', back: '/organization/team', grant_type: 'authorization_code' },
  ...{ client_id: 'tokens', redirect_uri: 'http://127.0.0.1:40000/callback', response_type: 'code' },
  ...{ code_challenge: 'A'.repeat(43), code_challenge_method: 'S256', code_verifier: 'A'.repeat(43) },
};

interface Schema {
  $ref?: string;
  type?: string | string[];
  example?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
}

export interface Operation {
  /** In the router's notation: `POST /api/v1/tokens`. */
  key: string;
  /** Names of the query parameters. */
  query: string[];
  /** Null if the operation has no JSON body. */
  body: { required: Record<string, unknown>; fields: string[] } | null;
}

/** Returns what the OpenAPI description says about each route, with a body that it accepts. */
export async function operationsOf(app: TestApp): Promise<Map<string, Operation>> {
  const { paths, components } = await jsonOf<{
    paths: Record<
      string,
      Record<
        string,
        {
          parameters?: Array<{ in: string; name: string }>;
          requestBody?: { content: Record<string, { schema: Schema }> };
        }
      >
    >;
    components: { schemas: Record<string, Schema> };
  }>(app.ask('/openapi.json'));
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : (components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], requestBody }]): Operation => {
      const schema = requestBody?.content['application/json']?.schema;
      const { properties = {}, required = [] } = schema === undefined ? {} : resolve(schema);
      const values = required.map((name) => [name, anyForm[name] ?? sample(resolve(properties[name] ?? {}))]);
      return {
        key: `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
        query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
        body: schema === undefined ? null : { required: Object.fromEntries(values), fields: Object.keys(properties) },
      };
    }),
  );
  return new Map(operations.map((operation) => [operation.key, operation]));
}

function sample({ type, example, examples }: Schema): unknown {
  const known = example ?? examples?.[0];
  if (known !== undefined) return known;
  if (type === 'boolean') return true;
  return type === 'integer' || type === 'number' ? 1 : 'text';
}

/** Returns the ID of the newest event of the audit log whose actor is this member. */
export async function newestEvent(app: TestApp, { email }: Member): Promise<string> {
  const response = app.ask(`/api/v1/audit?limit=1&actor=${encodeURIComponent(email)}`, { as: app.root });
  const [event] = (await jsonOf<{ items: Array<{ id: string }> }>(response)).items;
  if (event === undefined) throw new Error(`${email} has no event.`);
  return event.id;
}
