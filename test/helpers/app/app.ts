import { randomUUID } from 'node:crypto';
import { deleteMailFilesNaming } from '../../../server/commands/create-mailer.ts';
import { type Config, readConfig } from '../../../server/config/config.ts';
import { createPasswords } from '../../../server/domain/accounts/passwords.ts';
import { createCanaryUses } from '../../../server/domain/leaks/canary-uses.ts';
import { createIds, generateSecret } from '../../../server/domain/secrets.ts';
import type { SessionKind } from '../../../server/domain/sign-in/session-lifetimes.ts';
import { createLastUsed } from '../../../server/domain/tokens/last-used.ts';
import { createDayTotals } from '../../../server/domain/tokens/usage/day-totals.ts';
import { createDeniedUses } from '../../../server/domain/tokens/usage/denied-uses.ts';
import { createRecordUsage } from '../../../server/domain/tokens/usage/record-usage.ts';
import { createUseCounter } from '../../../server/domain/tokens/usage/use-counter.ts';
import { createApp } from '../../../server/http/app.ts';
import { createClientIp } from '../../../server/http/client-ip.ts';
import type { AppDeps } from '../../../server/http/context.ts';
import { createSessionCookie } from '../../../server/http/session-cookie.ts';
import { createSsoLog } from '../../../server/http/sso/sso-log.ts';
import { createCountedVerification } from '../../../server/http/verify/counted-verify.ts';
import { createNormalizeRequest } from '../../../server/http/verify/observed-request.ts';
import { createReadUse } from '../../../server/http/verify/read-use.ts';
import { createFailureLog } from '../../../server/observability/failure-log.ts';
import { createLog } from '../../../server/observability/log.ts';
import { createMetrics, type Metrics } from '../../../server/observability/metrics.ts';
import { createServices } from '../../../server/services.ts';
import { createLastContact } from '../../../server/sso/last-contact.ts';
import { createOidcProvider } from '../../../server/sso/oidc.ts';
import { countEvents } from '../../../server/store/count-events.ts';
import type { MailRecord, PolicyStart } from '../../../server/store/records.ts';
import type { Store } from '../../../server/store/store.ts';
import { foldName } from '../../../shared/names.ts';
import type { CreateUserBody } from '../../../shared/schemas/accounts/users.ts';
import type { CreatedToken, CreateTokenBody } from '../../../shared/schemas/tokens/tokens.ts';
import { type FakeClock, fakeClock } from './clock.ts';
import { openTestStore, type TestStore } from './store.ts';

export const password = 'correct horse battery staple';
const passwordHash = createPasswords().hash(password);

/** A member with a password and a session. */
export interface Member {
  id: string;
  email: string;
  password: string;
  session: string;
}

export interface Ask {
  method?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent unchanged. */
  body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  /** The member whose session the request carries. */
  as?: Member;
  headers?: Record<string, string> | Array<[string, string]>;
  /** IP address of the peer. */
  ip?: string;
  /** Host that the request is for. */
  host?: string;
}

export type TestApp = Parts;

/**
 * Opens the whole daemon without sockets: real services on a real SQLite file and a clock that only tests advance. Has two
 * signed-in members: `root`, a superuser, and `dev`, who may create tokens. They are those of `original` if the database has them already.
 */
export async function openTestApp(
  settings: Partial<Config> = {},
  opened: Promise<TestStore> = openTestStore(),
  original?: Original,
) {
  return withRestart(await openParts(settings, opened, original));
}

/** Returns the app with a function that restarts it. */
function withRestart(app: Parts) {
  /** Returns the app as it is after a restart with other settings. The database stays. */
  const restart = (changes: Partial<Config>, policyStarts?: PolicyStart[]): TestApp => ({
    ...app,
    ...wireApp({ ...app, config: { ...app.config, ...changes }, policyStarts }),
  });
  return { ...app, restart };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

/** The parts besides the database that a copy of an app takes from the original. */
export interface Original {
  root: Member;
  dev: Member;
  clock: FakeClock;
}

/** Opens an app on a copy of the database of another app, whose members and sessions it has. */
export async function openCopy({ root, dev, clock }: Original, database: Promise<Buffer>) {
  // One millisecond later, so that new ids sort after those of the original.
  const begun = { root, dev, clock: fakeClock(clock.now() + 1) };
  return withRestart(await openParts({}, openTestStore(database), begun));
}

async function openParts(settings: Partial<Config>, opened: Promise<TestStore>, original?: Original) {
  const { store: uncounted, path, close } = await opened;
  const metrics = createMetrics('0.0.0');
  const store = countEvents(uncounted, metrics.countEvent);
  const { clock = fakeClock() } = original ?? {};
  const newId = createIds(clock);
  const logLines: string[] = [];
  const log = createLog('debug', (line) => logLines.push(line));
  const config = { ...readConfig({ HOME: '/nowhere' }), publicUrl: 'https://tokens.example.com', ...settings };
  const clientIp = createClientIp(config.trustedProxies);
  const served = wireApp({ store, clock, metrics, log, clientIp, config });
  const { pending: pendingLastUses } = served.services.lastUsed;
  metrics.registerGauges({
    backlog: store.outbox.backlog,
    deliveries: store.deliveries.backlog,
    countExpiring: store.tokens.countExpiring,
    countOrphaned: store.serviceAccounts.countOrphaned,
    now: clock.now,
    pendingLastUses,
  });

  /** Creates a session as a sign-in does, without the slow password hash. */
  async function signIn(userId: string, kind: SessionKind = 'console'): Promise<string> {
    const secret = generateSecret('session');
    const at = clock.now();
    await store.sessions.insert({
      id: newId(),
      userId,
      hash: secret.hash(),
      createdAt: at,
      lastSeenAt: at,
      ...served.services.sessionLifetimes.begin(kind),
      ip: null,
      userAgent: null,
      sso: false,
      ssoSid: null,
      confirmedAt: at,
    });
    return secret.reveal();
  }

  async function addMember(body: Omit<CreateUserBody, 'password'>): Promise<Member> {
    const id = newId();
    await store.users.insert({
      id,
      email: body.email,
      emailFolded: foldName(body.email),
      name: body.name ?? '',
      superuser: body.superuser ?? false,
      auditor: body.auditor ?? false,
      disabled: false,
      canManageTokens: body.can_manage_tokens ?? false,
      passwordHash: await passwordHash,
      passwordUntilSso: false,
      sso: false,
      ssoSignedInAt: null,
      totpEnabledAt: null,
      passkeyCount: 0,
      ssoGroups: null,
      manualGroups: null,
      kind: 'member',
      description: null,
      createdAt: clock.now(),
      invitedAt: null,
      joinedAt: clock.now(),
      disabledAt: null,
    });
    return { id, email: body.email, password, session: await signIn(id) };
  }

  const sent = new Map<string, MailRecord>();

  /** Sends all mail that is due, and returns everything sent so far, oldest first. */
  async function mails(): Promise<MailRecord[]> {
    await served.services.acceptedWork.finish();
    const lease = { leaseMs: 60_000, leaseId: `test ${newId()}` };
    for (const mail of await store.outbox.claim({ now: clock.now(), ...lease, limit: 10_000 })) {
      const complete = await served.services.completeMail(mail, lease.leaseId);
      if (complete !== null) sent.set(mail.id, complete);
      await store.outbox.markSent(mail.id, lease.leaseId, clock.now());
    }
    return [...sent.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  const {
    root = await addMember({ email: 'root@example.com', superuser: true, can_manage_tokens: true }),
    dev = await addMember({ email: 'dev@example.com', can_manage_tokens: true }),
  } = original ?? {};
  return {
    ...served,
    addMember,
    signIn,
    mails,
    store,
    clock,
    clientIp,
    metrics,
    log,
    logLines,
    path,
    root,
    dev,
    close,
  };
}

/** Returns the policies of a database that has always been served with this configuration. */
function longServed({ maxIdle }: Config): PolicyStart[] {
  return maxIdle === null ? [] : [{ policy: 'max-idle', valueMs: maxIdle * 1000, firstServedAt: 0 }];
}

interface WiredParts {
  config: Config;
  metrics: Metrics;
  store: Store;
  clock: FakeClock;
  policyStarts?: PolicyStart[] | undefined;
}

/** Wires the app to one store and one configuration, and returns it with the functions that send requests to it. */
function wireApp({
  store,
  clock,
  metrics,
  log,
  clientIp,
  config,
  policyStarts = longServed(config),
}: Pick<AppDeps, 'clientIp' | 'log'> & WiredParts) {
  const domain = createServices({
    store,
    clock,
    config,
    policyStarts,
    mailQueued: () => {},
    observeBatch: metrics.observeBatch,
    deleteMailsNaming: (erased) => deleteMailFilesNaming(config, erased),
  });
  const useCounter = createUseCounter(createReadUse(clientIp));
  const { networks, auditTrail, notifier } = domain;
  const normalize = createNormalizeRequest(clientIp);
  const newId = createIds(clock);
  const services = {
    ...domain,
    lastUsed: createLastUsed({ normalize, countUses: useCounter.allowed }),
    useCounter,
    deniedUses: createDeniedUses({ store, clock, newId, normalize, counter: useCounter }),
    dayTotals: createDayTotals({ store, clock, writerId: randomUUID() }),
    canaryUses: createCanaryUses({ store, clock, newId, auditTrail, notifier, normalize, counter: useCounter }),
    recordUsage: createRecordUsage({ store, clock, writerId: randomUUID(), counter: useCounter, networks }),
  };
  const countedVerification = createCountedVerification(
    services,
    metrics.countVerification,
    services.canaryUses.record,
    services.dayTotals.count,
  );
  const ssoContact = createLastContact(clock);
  const identityProvider = config.oidc && createOidcProvider({ ...config, oidc: config.oidc }, ssoContact);
  const sessionCookie = createSessionCookie(config.publicUrl);
  const failureLog = createFailureLog(log, clock.now);
  const collaborators = {
    ...countedVerification,
    versions: { tokensd: '0.0.0', node: process.versions.node },
    identityProvider,
    ssoContact,
    sessionCookie,
    failureLog,
    ssoLog: createSsoLog(log),
  };
  const deps = { ...services, ...collaborators, store, clock, clientIp, metrics, log, config };
  const app = createApp(deps);

  /** Passes a request to the app. `ip` is the peer's address; `rawHeaders` are the header fields before repeated ones are joined. */
  const fetchApp = async (request: Request, ip = '203.0.113.9', rawHeaders = [...request.headers].flat()) =>
    app.request(request, undefined, { incoming: { rawHeaders, socket: { remoteAddress: ip } } });

  function ask(
    path: string,
    { method, json, body, as, headers = [], ip, host = 'tokens.test' }: Ask = {},
  ): Promise<Response> {
    const fields = Array.isArray(headers) ? [...headers] : Object.entries(headers);
    if (as !== undefined) fields.push(['Authorization', `Bearer ${as.session}`]);
    if (json !== undefined) fields.push(['Content-Type', 'application/json']);
    const content = json === undefined ? body : JSON.stringify(json);
    const request = new Request(`http://${host}${path}`, {
      method: method ?? (content === undefined ? 'GET' : 'POST'),
      headers: fields,
      ...(content !== undefined && { body: content, duplex: 'half' }),
    });
    return fetchApp(request, ip, fields.flat());
  }

  return { app, deps, ask, fetchApp, services, identityProvider, config };
}

/** Creates a token for a member and returns it with its value. */
export async function createToken(app: TestApp, as: Member, body: CreateTokenBody): Promise<CreatedToken> {
  const response = await app.ask('/api/v1/tokens', { as, json: body });
  if (response.status !== 201) throw new Error(`No token was created: ${await response.text()}`);
  return jsonOf<CreatedToken>(response);
}

/** Returns what the daemon decides about a token value: 200, or the deny reason. */
export async function verdict(app: TestApp, value: string): Promise<200 | string | null> {
  const response = await app.ask('/api/v1/token', { headers: { Authorization: `Token ${value}` } });
  return response.status === 200 ? 200 : response.headers.get('x-tokens-reason');
}

/** Returns the JSON of a response as the type that the test expects. */
export async function jsonOf<T = Record<string, unknown>>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}
