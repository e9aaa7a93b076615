import { generateToken } from '../../../server/domain/secrets.ts';
import { flushLastUsed } from '../../../server/jobs/flush-last-used.ts';
import { foldName } from '../../../shared/names.ts';
import type { Member } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { controls, texts } from './payloads.ts';

/** What was put in. */
export const injected = {
  everything: [...texts, ...controls],
  emails: ["'or'1'='1@example.com", '=1+1@example.com', '-x@example.com', '+x@example.com', '%0d%0abcc@example.com'],
  organization: 'ACME "><script>window.pwned=1</script> =1+1',
  publicUrl: 'https://tokens.example.com',
  /** A text as it goes out in a header field. */
  asBytes: (text: string) => Buffer.from(text).toString('latin1'),
};
const { asBytes, emails, organization, publicUrl } = injected;

export interface InjectedWorld {
  app: TestServer;
  service: Awaited<ReturnType<typeof addClient>>;
  /** A token of each text, by its value. */
  values: Map<string, string>;
}

/** Every text in every field, by way of the front door where it is let in, and else straight into the rows. */
export async function openInjectedWorld(): Promise<InjectedWorld> {
  const app = await startTestServer({ organization, publicUrl });
  const service = await addClient(app, 'Gateway', true);
  const values = new Map<string, string>();
  const world = { app, service, values };
  for (const email of emails) await made(app, 'users', app.root, { email, name: email });
  for (const text of texts) await enterEverywhere(world, text);
  for (const [index, text] of controls.entries()) await insertEverywhere(world, text, index);
  await useEach(world);
  return world;
}

async function made(app: TestServer, path: string, as: Member, json: object, headers: Record<string, string> = {}) {
  const answer = await app.ask(`/api/v1/${path}`, { as, json, headers });
  if (answer.status !== 201) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json()) as { token: string };
}

async function enterEverywhere({ app, values }: InjectedWorld, text: string): Promise<void> {
  const agent = { 'User-Agent': asBytes(text), 'X-Forwarded-For': asBytes(text) };
  const headers = { ...agent, 'Idempotency-Key': text.replace(/[^\x21-\x7e]/g, '_') };
  const { token } = await made(app, 'tokens', app.dev, { name: text, description: text }, headers);
  values.set(token, text);
  await app.addMember({ email: `m${texts.indexOf(text)}@example.com`, name: text });
  await made(app, 'clients', app.root, { name: text }, agent);
  await app.ask('/api/v1/sessions', { json: { email: `${text}@evil.example`, password: 'x' }, headers: agent });
}

async function insertEverywhere({ app, values }: InjectedWorld, text: string, index: number): Promise<void> {
  const at = app.clock.now();
  const id = `0190000${index.toString().padStart(2, '0')}-0000-7000-8000-000000000000`;
  const secret = generateToken('tok');
  values.set(secret.reveal(), text);
  const named = { name: text, nameFolded: foldName(text), description: text };
  const token = { id, ownerId: app.dev.id, hash: secret.hash(), prefix: secret.reveal().slice(0, 12), ...named };
  await app.store.tokens.insert({ ...token, createdAt: at, expiresAt: null }, 1000);
  await app.addMember({ email: `c${index}@example.com`, name: text });
  const clientInfo = { ip: null, userAgent: text };
  const actor = { kind: 'anonymous', id: null, email: text } as const;
  const target = { kind: 'user', id: null, name: text } as const;
  await app.store.audit.insert({ id, at, actor, action: 'session.failed', target, ownerId: app.dev.id, ...clientInfo });
  const times = { createdAt: at, lastSeenAt: at, expiresAt: at + 1e9 };
  const session = { id, userId: app.dev.id, hash: `hash of ${index}`, ...times, sso: false, ssoSid: null };
  await app.store.sessions.insert({ ...session, ...clientInfo });
}

/** A use of each token, told by a proxy in the same words. Node's own client sends no control characters. */
async function useEach({ app, values }: InjectedWorld): Promise<void> {
  for (const [value, text] of values) {
    const bytes = asBytes(text);
    const told = /^[\t\x20-\x7e\x80-\xff]*$/.test(bytes) ? bytes : 'x';
    const names = ['User-Agent', 'X-Forwarded-Method', 'X-Forwarded-For', 'X-Original-URI'];
    const fields = [['X-Forwarded-Uri', `/${told}`], ...names.map((name) => [name, told])] as Array<[string, string]>;
    const headers: Array<[string, string]> = [['Authorization', `Token ${value}`], ...fields];
    const { status } = await app.send({ path: '/verify/forward-auth', headers });
    if (status !== 200) throw new Error(`verify: ${status}`);
  }
  await flushLastUsed(app.services.lastUsed, app.store.tokens);
}
