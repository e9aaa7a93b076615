import { generateToken } from '../../../server/domain/secrets.ts';
import { flushLastUsed } from '../../../server/jobs/flush-last-used.ts';
import { foldName } from '../../../shared/names.ts';
import type { Member } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { controls, texts } from './payloads.ts';

/** The hostile texts that the world contains. */
export const injected = {
  everything: [...texts, ...controls],
  emails: ["'or'1'='1@example.com", '=1+1@example.com', '-x@example.com', '+x@example.com', '%0d%0abcc@example.com'],
  organization: 'ACME "><script>window.pwned=1</script> =1+1',
  publicUrl: 'https://tokens.example.com',
  /** Encodes a text for a header: its UTF-8 bytes as one character each. */
  asBytes: (text: string) => Buffer.from(text).toString('latin1'),
};
const { asBytes, emails, organization, publicUrl } = injected;

export interface InjectedWorld {
  app: TestServer;
  client: Awaited<ReturnType<typeof addClient>>;
  /** The hostile name of each token, by the token's value. */
  values: Map<string, string>;
}

/**
 * Opens a daemon that stores every hostile text in every field. Texts that the API accepts are sent through it; control
 * characters, which it rejects, are inserted into the database, as an older release may have stored them.
 */
export async function openInjectedWorld(): Promise<InjectedWorld> {
  const app = await startTestServer({ organization, publicUrl });
  const client = await addClient(app, 'Gateway', true);
  const values = new Map<string, string>();
  const world = { app, client, values };
  for (const email of emails) await create(app, 'users', app.root, { email, name: email });
  for (const text of texts) await sendEverywhere(world, text);
  for (const [index, text] of controls.entries()) await insertEverywhere(world, text, index);
  await useEveryToken(world);
  return world;
}

async function create(app: TestServer, path: string, as: Member, json: object, headers: Record<string, string> = {}) {
  const response = await app.ask(`/api/v1/${path}`, { as, json, headers });
  if (response.status !== 201) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as { token: string };
}

async function sendEverywhere({ app, values }: InjectedWorld, text: string): Promise<void> {
  const agent = { 'User-Agent': asBytes(text), 'X-Forwarded-For': asBytes(text) };
  const headers = { ...agent, 'Idempotency-Key': text.replace(/[^\x21-\x7e]/g, '_') };
  const { token } = await create(app, 'tokens', app.dev, { name: text, description: text }, headers);
  values.set(token, text);
  await app.addMember({ email: `m${texts.indexOf(text)}@example.com`, name: text });
  await create(app, 'clients', app.root, { name: text }, agent);
  await create(app, 'apps', app.root, { name: `app-${texts.indexOf(text)}`, groups: [text] }, agent);
  await app.ask('/api/v1/sessions', { json: { email: `${text}@evil.example`, password: 'x' }, headers: agent });
}

/** Inserts an app whose every field holds the text, also those that accept only names and addresses. */
async function insertApp(app: TestServer, text: string, index: number): Promise<void> {
  const at = app.clock.now();
  const id = `0190000${index.toString().padStart(2, '0')}-0000-7000-8000-000000000001`;
  const fields = { name: `${index} ${text}`, url: `javascript:${text}`, hosts: [`${index} ${text}`], groups: [text] };
  const rest = { maxExpirySeconds: null, preflight: 'deny', createdAt: at, changedAt: at } as const;
  await app.store.apps.insert({ id, ...fields, ...rest });
}

async function insertEverywhere({ app, values }: InjectedWorld, text: string, index: number): Promise<void> {
  const at = app.clock.now();
  const id = `0190000${index.toString().padStart(2, '0')}-0000-7000-8000-000000000000`;
  const secret = generateToken('tok');
  values.set(secret.reveal(), text);
  const named = { name: text, nameFolded: foldName(text), description: text };
  const token = { id, ownerId: app.dev.id, hash: secret.hash(), prefix: secret.reveal().slice(0, 12), ...named };
  const life = {
    createdAt: at,
    expiresAt: null,
    lifetimeMs: null,
    selfRotate: false,
    quietNetworks: false,
    rules: null,
    manage: null,
    trustId: null,
    canary: false,
  };
  await app.store.tokens.insert({ ...token, ...life }, 1000);
  await app.addMember({ email: `c${index}@example.com`, name: text });
  await insertApp(app, text, index);
  const clientInfo = { ip: null, userAgent: text };
  const actor = { kind: 'anonymous', id: null, email: text } as const;
  const target = { kind: 'user', id: null, name: text } as const;
  await app.store.audit.insert({ id, at, actor, action: 'session.failed', target, ownerId: app.dev.id, ...clientInfo });
  const times = { createdAt: at, lastSeenAt: at, ...app.services.sessionLifetimes.begin('console') };
  const session = {
    id,
    userId: app.dev.id,
    hash: `hash of ${index}`,
    ...times,
    sso: false,
    ssoSid: null,
    confirmedAt: at,
  };
  await app.store.sessions.insert({ ...session, ...clientInfo });
}

/** Records a use of each token, with its text in the proxy's headers. Node's client cannot send control characters. */
async function useEveryToken({ app, values }: InjectedWorld): Promise<void> {
  for (const [value, text] of values) {
    const bytes = asBytes(text);
    const sendable = /^[\t\x20-\x7e\x80-\xff]*$/.test(bytes) ? bytes : 'x';
    const names = ['User-Agent', 'X-Forwarded-Method', 'X-Forwarded-For', 'X-Original-URI'];
    const fields = [['X-Forwarded-Uri', `/${sendable}`], ...names.map((name) => [name, sendable])] as Array<
      [string, string]
    >;
    const headers: Array<[string, string]> = [['Authorization', `Token ${value}`], ...fields];
    const { status } = await app.send({ path: '/verify/forward-auth', headers });
    if (status !== 200) throw new Error(`verify: ${status}`);
  }
  await flushLastUsed(app.services.lastUsed, app.store.tokens);
}
