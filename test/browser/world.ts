import { randomUUID } from 'node:crypto';
import { readConfig } from '../../server/config/config.ts';
import { groupsText } from '../../server/domain/accounts/groups.ts';
import type { Caller } from '../../server/domain/caller.ts';
import { generateSecret } from '../../server/domain/secrets.ts';
import type { ObservedRequest } from '../../server/domain/tokens/last-used.ts';
import { createAdmissions } from '../../server/http/admission/admissions.ts';
import { createLaneOf } from '../../server/http/admission/lane.ts';
import { createIntrospectionHandler } from '../../server/http/oauth/introspection.ts';
import { createHttpServer } from '../../server/http/server.ts';
import { createVerifyHandler } from '../../server/http/verify/handler.ts';
import type { LastUse, MailLinkKind } from '../../server/store/records.ts';
import type { UpdateUserBody } from '../../shared/schemas/accounts/users.ts';
import type { EditTokenBody } from '../../shared/schemas/tokens/token-changes.ts';
import type { Member } from '../helpers/app/app.ts';
import { listen, startTestServer, type TestServer } from '../helpers/app/http.ts';
import { seedServiceAccounts } from '../helpers/console/samples/service-accounts.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;

const day = 86_400_000;
const minute = 60_000;
const longName = 'Integration tests – staging environment, Frankfurt (eu-central-1)';
const longPath = `/api/v2/projects/aurora/environments/staging/${'deployments/'.repeat(12)}latest`;
const longAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

/** `made` is days ago, `lives` is the lifetime in days, `used` is minutes since the last use. */
type Plan = [name: string, made: number, lives: number | null, used: number | null, description?: string];

const plans: Record<string, Plan[]> = {
  'dev@example.com': [
    ['Laptop', 210, null, 3, 'zsh on the work laptop'],
    ['ci-deploy', 96, 365, 11, 'GitHub Actions: deploys main to production'],
    ['nightly-backup', 61, 90, 14 * 60],
    ['terraform', 40, 90, 2 * 1440],
    ['grafana-read', 12, 30, 9 * 1440],
    ['load-test', 80, 30, 51 * 1440, 'The week before the launch'],
    ['metrics exporter', 1, null, null],
    ['old-deploy-key', 20, null, 95, 'Planted in the settings of the old build server'],
  ],
  'maya.lindqvist@example.com': [
    ['Laptop', 300, null, 26],
    ['audit-export', 45, 365, 600],
  ],
  'tomas.novak@example.com': [
    ['jenkins', 190, null, 7],
    [
      longName,
      33,
      null,
      55,
      'Runs for every pull request, and once an hour against the branch that is about to be released',
    ],
    ['release-notes', 22, 90, 3000],
  ],
  'priya.raman@example.com': [['mobile builds', 120, null, 1440 * 4]],
  'lucas.meyer@example.com': [['old build server', 350, null, 1440 * 35]],
  'ines.carvalho@example.com': [['data-pipeline', 88, 365, 1]],
};

const backupRules = {
  apps: ['object-store', 'registry-mirror'],
  allow: ['GET,HEAD /api/v2/projects/**', 'PUT /api/v2/projects/aurora/environments/*/backups/*'],
  networks: ['203.0.113.0/24', '2001:db8:85a3::/48'],
  enforce: false,
};
/** More fields of some tokens, by name. */
const fieldsOf: Record<string, typeof backupRules | { canary: true }> = {
  'nightly-backup': backupRules,
  'old-deploy-key': { canary: true },
};

const people: Array<[name: string, email: string, granted: boolean]> = [
  ['', 'contractor-7f3a@build.example.com', true],
  [
    'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh, Maximilian',
    'maximilian.wolfeschlegelsteinhausenbergerdorff.featherstonehaugh@subsidiary.example.com',
    true,
  ],
  ...['Ada', 'Ben', 'Chloé', 'Daniel', 'Elif', 'Felix', 'Greta', 'Hugo', 'Ivana', 'Jonas'].map(
    (name, i): [string, string, boolean] => [
      `${name} ${['Berg', 'Costa', 'Dubois'][i % 3]}`,
      `${name.toLowerCase().replace('é', 'e')}@example.com`,
      i % 3 !== 0,
    ],
  ),
  ...['Karim', 'Lena', 'Mikko', 'Nora', 'Oscar', 'Paula', 'Quentin', 'Rosa', 'Sven'].map(
    (name, i): [string, string, boolean] => [
      `${name} ${['Haddad', 'Ionescu'][i % 2]}`,
      `${name.toLowerCase()}@example.com`,
      i % 4 !== 0,
    ],
  ),
  ['Maya Lindqvist', 'maya.lindqvist@example.com', true],
  ['Tomáš Novák', 'tomas.novak@example.com', true],
  ['Priya Raman', 'priya.raman@example.com', true],
  ['Lucas Meyer', 'lucas.meyer@example.com', true],
  ['Inês Carvalho', 'ines.carvalho@example.com', true],
  ['Olu Adeyemi', 'olu.adeyemi@example.com', false],
  ['Hana Sato', 'hana.sato@example.com', true],
  ['Vera Holt', 'vera.holt@example.com', true],
];

/** What an identity provider lists. */
const ssoGroups = ['all-staff', 'Berlin', 'developers', 'engineering/platform/reliability', 'grafana-editors', 'VPN'];

/** Never signed in. */
const invited = 'sven@example.com';

/**
 * Starts the whole app on a loopback port with one year of an organization's data: about thirty members, tokens in every
 * status, a member with 500 tokens, and very long names. Its clock does not advance by itself.
 */
export async function openWorld({ publicUrl = 'https://tokens.example.com' }: { publicUrl?: string } = {}) {
  const server = await startTestServer({
    ...readConfig({
      HOME: '/nowhere',
      TOKENSD_ORGANIZATION: 'Northwind',
      // Nothing listens on this port, because one view shows an unavailable provider.
      TOKENSD_OIDC_ISSUER: 'http://127.0.0.1:9',
      TOKENSD_OIDC_CLIENT_ID: 'tokensd',
    }),
    publicUrl,
  });
  const { services, store, clock, addMember } = server;
  const start = clock.now();
  const end = start + 400 * day;
  const moveTo = (at: number) => clock.advance(at - clock.now());

  async function callerOf(email: string, userAgent = longAgent): Promise<Caller> {
    const [found] = await store.users.list({ limit: 1, before: null, emailFolded: email });
    const user = found && (await store.users.findById(found.id));
    if (!user) throw new Error(`no ${email}`);
    return { user, sessionId: 'seed', clientInfo: { ip: '203.0.113.9', userAgent }, channel: 'console' };
  }

  /** Removes the session ID from a caller, because the seeded session does not exist. */
  const creator = ({ user, clientInfo, channel }: Caller) => ({ user, clientInfo, channel });

  const idOf = async (email: string): Promise<string> => (await callerOf(email)).user.id;
  const tokenIdOf = async (email: string, name: string): Promise<string> => {
    const { user } = await callerOf(email);
    const tokens = await store.tokens.list({ ownerId: user.id, limit: 200, before: null, now: clock.now() });
    const id = tokens.find((token) => token.name === name)?.id;
    if (id === undefined) throw new Error(`${email} has no token ${name}`);
    return id;
  };
  const accountIdOf = async (name: string): Promise<string> => (await store.serviceAccounts.findByName(name))?.id ?? '';
  const accountTokenIdOf = async (account: string, name: string): Promise<string> => {
    const query = { ownerId: await accountIdOf(account), limit: 200, before: null, now: clock.now() };
    return (await store.tokens.list(query)).find((token) => token.name === name)?.id ?? '';
  };

  async function sessionOf(email: string): Promise<string> {
    const secret = generateSecret('session');
    const at = clock.now();
    await store.sessions.insert({
      id: randomUUID(),
      userId: await idOf(email),
      hash: secret.hash(),
      createdAt: at,
      lastSeenAt: at,
      ...services.sessionLifetimes.begin('console'),
      ip: '203.0.113.9',
      userAgent: longAgent,
      sso: false,
      ssoSid: null,
      confirmedAt: at,
    });
    return secret.reveal();
  }
  /** Changes a token in a session of its own, which then ends. */
  async function editAs(email: string, id: string, body: EditTokenBody): Promise<void> {
    const sessionId = (await services.sessions.authenticate(await sessionOf(email)))?.session.id ?? '';
    const caller = { ...(await callerOf(email)), sessionId };
    await services.tokens.edit(caller, id, body);
    await store.sessions.delete(sessionId, caller.user.id);
  }

  await store.users.setName(server.root.id, 'Robin Okafor');
  await store.users.setName(server.dev.id, 'Dev Patel');
  const many = await addMember({ email: 'robot@example.com', name: 'Build Robot', can_manage_tokens: true });
  const root = await callerOf(server.root.email);
  for (const [index, [name, email, granted]] of people.entries()) {
    moveTo(start + (index + 1) * day);
    const { user } = await services.users.create(root, { email, name, can_manage_tokens: granted });
    if (email === invited) continue;
    await store.users.recordSsoSignIn(user.id, clock.now());
    await store.users.setDates(user.id, { joinedAt: clock.now() });
  }
  // A change of roles would need a session that was confirmed just now.
  await store.users.setSuperuser((await callerOf('maya.lindqvist@example.com')).user.id, true);

  const uses: Array<LastUse & { tokenId: string }> = [];
  moveTo(start + 31 * day);
  const robot = await callerOf(many.email);
  for (let index = 1; index <= 500; index += 1) {
    clock.advance(minute);
    const { token } = await services.tokens.create(creator(robot), {
      name: `runner-${String(index).padStart(3, '0')}`,
    });
    if (index % 3 !== 0) uses.push(useOf(token.id, clock.now(), 'runner'));
  }
  await registerApps(services, root);
  const made = Object.entries(plans)
    .flatMap(([email, tokens]) => tokens.map((plan) => ({ email, plan })))
    .toSorted((a, b) => b.plan[1] - a.plan[1]);
  for (const { email, plan } of made) {
    const [name, daysAgo, lives, usedAgo, description] = plan;
    moveTo(end - daysAgo * day);
    const body = { name, expires_in: lives === null ? null : lives * 86_400, ...(description && { description }) };
    const { token } = await services.tokens.create(creator(await callerOf(email)), { ...body, ...fieldsOf[name] });
    if (usedAgo !== null) uses.push(useOf(token.id, end - usedAgo * minute, name));
  }

  moveTo(end - 20 * 60 * minute);
  const terraform = await tokenIdOf(server.dev.email, 'terraform');
  const narrowed = { allow: ['GET,HEAD /builds/**', 'POST /builds/*/retry'], networks: ['203.0.113.0/24'] };
  await editAs(server.dev.email, terraform, narrowed);
  await limitApp(services, root, 'registry-mirror');

  moveTo(end);
  await store.tokens.recordUses(uses);

  const change = async (email: string, changes: UpdateUserBody) =>
    services.users.update(root, (await callerOf(email)).user.id, changes);
  // Bound to a provider that the organization has left.
  const former = { issuer: 'https://sso.northwind.example/realms/former', subject: 'ines' };
  await store.users.setIdentity((await callerOf('ines.carvalho@example.com')).user.id, former);
  await store.users.setAuditor((await callerOf('vera.holt@example.com')).user.id, true);
  await change('priya.raman@example.com', { can_manage_tokens: false });
  await change('lucas.meyer@example.com', { disabled: true });
  for (const name of ['hana.sato', 'vera.holt']) {
    const identity = { issuer: 'http://127.0.0.1:9', subject: name };
    await store.users.bindIdentity((await callerOf(`${name}@example.com`)).user.id, identity);
  }
  await store.users.setSsoGroups((await callerOf('hana.sato@example.com')).user.id, groupsText(ssoGroups));
  await change('hana.sato@example.com', { groups: ['Incident response'] });
  await change(server.dev.email, { groups: ['developers', 'on-call'] });
  await change('maximilian.wolfeschlegelsteinhausenbergerdorff.featherstonehaugh@subsidiary.example.com', {
    groups: ['W'.repeat(64), 'Abteilung für Qualitätssicherung und Risikobewertung'],
  });
  await services.sessions.signIn('dev@example.com', 'not the password', root.clientInfo).catch(() => {});
  await services.sessions.signIn(server.dev.email, server.dev.password, root.clientInfo);
  await services.sessions.signIn(server.dev.email, server.dev.password, {
    ip: '2001:db8::7',
    userAgent: 'tokens/0.1.0 node/20.20',
  });

  const ofRoot = await services.sessions.authenticate(await sessionOf(server.root.email));
  const rootInSession = { ...root, sessionId: ofRoot?.session.id ?? '' };
  await seedServiceAccounts(server, rootInSession);
  const deploy = await accountTokenIdOf('ci', 'deploy');
  await editAs('maya.lindqvist@example.com', deploy, { allow: ['POST /api/v1/builds/**'] });
  const canary = await tokenIdOf(server.dev.email, 'old-deploy-key');
  countLastUses(
    services,
    uses.filter(({ tokenId, at }) => at > end - 30 * day && tokenId !== canary),
  );
  await countUses(services, await tokenIdOf(server.dev.email, 'ci-deploy'), end);
  services.useCounter.denied(canary, end, 'canary', 7);
  await countObserved(services, await tokenIdOf(server.dev.email, 'nightly-backup'), end);
  await addDays(server, end);
  await services.tokens.pause(rootInSession, await tokenIdOf(server.dev.email, 'grafana-read'), {
    for: 2 * 86_400,
    reason: 'Its value was seen in a build log',
  });

  const trustIdOf = async (name: string): Promise<string> =>
    (await store.trusts.list({ limit: 1, before: null, name }))[0]?.id ?? '';
  /** Returns a link from a mail, without the public URL. */
  async function mailedLink(kind: MailLinkKind, email: string, data = '{}'): Promise<string> {
    const userId = await idOf(email);
    const { url } = await services.links.issue(store, { kind, userId, data });
    return url.reveal().replace(server.deps.config.publicUrl, '');
  }
  /** Returns the secret of a link that recovers the member's access. */
  const recoveryLink = async (email: string): Promise<string> => (await services.recovery.begin(email)).secret.reveal();
  for (const userCode of ['WDJBMJHT', 'DJBWMJHT']) await store.deviceCodes.insert(deviceCode(userCode, clock.now()));
  const strict = await listenWith(server, server.restart({ passwordSignIn: 'superusers' }));
  return {
    ...server,
    /** The address of the same app where only superusers may use a password. */
    strictUrl: strict.url,
    async stop() {
      strict.close();
      await server.stop();
    },
    mailedLink,
    recoveryLink,
    url: `http://localhost:${server.port}`,
    sessionOf,
    idOf,
    tokenIdOf,
    accountIdOf,
    trustIdOf,
    accountTokenIdOf,
    robot: many satisfies Member,
  };
}

/** Serves another app over the store of `server`. */
async function listenWith({ deps }: Pick<TestServer, 'deps'>, { app }: Pick<TestServer, 'app'>) {
  const handlers = {
    verifyHandler: createVerifyHandler(deps),
    admission: createAdmissions({ laneOf: createLaneOf(deps.clientIp), metrics: deps.metrics, log: deps.log }),
    introspectionHandler: createIntrospectionHandler(deps),
  };
  const http = createHttpServer({ publicUrl: deps.config.publicUrl, ...handlers, app });
  const url = `http://localhost:${await listen(http)}`;
  const close = () => {
    http.close();
    http.closeAllConnections();
  };
  return { url, close };
}

/** Registers the apps in the rules of tokens, as a superuser. */
async function registerApps({ apps }: Pick<TestServer['services'], 'apps'>, root: Caller): Promise<void> {
  for (const name of backupRules.apps) await apps.create(root, { name });
}

/** Changes the rules of an app, as a superuser. */
async function limitApp({ apps }: Pick<TestServer['services'], 'apps'>, root: Caller, name: string): Promise<void> {
  const limits = { groups: ['developers', 'deployers'], max_expiry: 90 * 86_400 };
  for (const { id } of await apps.list({ limit: 1, before: null, name })) await apps.edit(root, id, limits);
}

/** A device code waiting for approval. */
function deviceCode(userCode: string, now: number) {
  const times = { createdAt: now - 40_000, expiresAt: now + 560_000, intervalMs: 5000, lastPolledAt: null };
  const asked = {
    hash: `hash of ${userCode}`,
    userCode,
    clientId: 'tokens',
    ip: '2001:db8:85a3::7',
    userAgent: longAgent,
  };
  return { ...asked, ...times, status: 'pending', openedBy: null, userId: null, sso: false, ssoSid: null } as const;
}

function useOf(tokenId: string, at: number, name: string): LastUse & { tokenId: string } {
  const path = name === longName ? longPath : name === 'Laptop' ? '/api/projects' : '/builds/42';
  const [method, ip] = name === longName ? ['DELETE', '2001:db8:85a3:8d3:1319:8a2e:370:7348'] : ['GET', '203.0.113.9'];
  return { tokenId, at, method, path, ip, userAgent: name === longName ? longAgent : 'curl/8.5.0' };
}

/** Counts the last uses, so that no page says that a token was used and never counted. */
function countLastUses(
  { useCounter }: Pick<TestServer['services'], 'useCounter'>,
  uses: ReadonlyArray<LastUse & { tokenId: string }>,
): void {
  for (const { tokenId, at, ip, path, ...use } of uses) {
    const request = { ...use, target: path, peer: ip ?? '', forwardedFor: null, appId: null, wouldDeny: null };
    useCounter.allowed(tokenId, at, request);
  }
}

const usedRoutes = ['/api/v1/builds/42', '/api/v1/builds', `/api/v1/${'deployments-of-the-shop/'.repeat(4)}latest`];

/** A request that differs from the one before in its route, network or agent. */
function requestOf(use: number): ObservedRequest {
  return {
    method: use % 6 === 0 ? 'POST' : 'GET',
    target: use % 9 === 0 ? `/page-${use}` : (usedRoutes[use % usedRoutes.length] ?? null),
    peer: use % 5 === 0 ? '2001:db8:42::7' : '203.0.113.9',
    forwardedFor: null,
    userAgent: use % 4 === 0 ? 'git/2.43.0' : 'curl/8.5.0',
    appId: null,
    wouldDeny: null,
  };
}

/** Counts the uses of a token on the working days of the last month, and a few denied ones. */
async function countUses(
  { useCounter, recordUsage }: Pick<TestServer['services'], 'useCounter' | 'recordUsage'>,
  id: string,
  end: number,
): Promise<void> {
  for (let ago = 0; ago < 30; ago += 1) {
    const at = end - ago * day;
    if (ago % 7 === 1) useCounter.denied(id, at, 'paused');
    const uses = ago % 7 > 1 ? 5 + ((ago * 13) % 37) : 0;
    for (let use = 0; use < uses; use += 1) useCounter.allowed(id, at, requestOf(use));
  }
  await recordUsage.flush();
}

/** Counts uses of a token that its rules would have denied, if they were enforced. */
async function countObserved(
  { useCounter, recordUsage }: Pick<TestServer['services'], 'useCounter' | 'recordUsage'>,
  id: string,
  end: number,
): Promise<void> {
  for (let use = 0; use < 40; use += 1) {
    const wouldDeny = use % 8 === 0 ? 'path' : use % 5 === 0 ? 'network' : null;
    useCounter.allowed(id, end - use * 3_600_000, { ...requestOf(use), wouldDeny });
  }
  await recordUsage.flush();
}

/** Adds the verifications of the last month: many on working days, few on weekends, and one day with many denied ones. */
function addDays({ store }: Pick<TestServer, 'store'>, end: number): Promise<void> {
  const today = Math.floor(end / day);
  const days = Array.from({ length: 30 }, (_, ago) => ({
    day: today - ago,
    allowed: ago % 7 > 1 ? 41_000 + ((ago * 7919) % 13_000) : 9_000 + ((ago * 4801) % 3_000),
    denied: ago === 11 ? 6_200 : (ago * 53) % 240,
  }));
  return store.transaction((store) => store.usage.addDays({ id: 'seed', batch: 1, at: end }, days));
}
