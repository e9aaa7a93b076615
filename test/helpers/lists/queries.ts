import { toTokenFilter } from '../../../server/domain/tokens/report/token-filter.ts';
import { parts } from '../../../server/store/knex/member-data/parts.ts';
import type { Store } from '../../../server/store/store.ts';
import type { TokenSort } from '../../../server/store/token-filter.ts';
import { reportedTokens } from '../../../shared/tokens/report.ts';
import { type ListSizes, seedEnd, seededId } from './seed.ts';
import { endedTokensOf } from './seed-ended-tokens.ts';

/** One page of a list, as a page, a route or a job asks the store for it. */
export interface ListQuery {
  name: string;
  run(store: Store): Promise<unknown>;
}

const reportFilters = Object.values(reportedTokens).map(({ query }) => toTokenFilter(query));
const dayMs = 24 * 60 * 60 * 1000;
const limit = 51;

/** Lists in each order: of all tokens by an index, and of the most tokens that are sorted without one. */
function sortedTokens(sizes: ListSizes): ListQuery[] {
  const status = { now: seedEnd, ssoStaleBefore: seedEnd - 8.5 * dayMs, idleBefore: seedEnd - 30 * dayMs };
  const id = seededId(Math.floor(sizes.tokens / 2), sizes.tokens);
  const sorted =
    (query: object, by: string, few: boolean, after: object | null, descending = false) =>
    (store: Store) =>
      store.tokens.list({
        limit,
        before: null,
        ...status,
        ...query,
        sort: { by, descending, few, after } as TokenSort,
      });
  const middle = { name: { key: 'line-5', id }, created: { key: null, id }, expires: { key: seedEnd, id } };
  const walked = (['name', 'created', 'expires'] as const).flatMap((by) => [
    { name: `sorted tokens, by ${by}`, run: sorted({}, by, false, null) },
    { name: `sorted tokens, by ${by}, descending`, run: sorted({}, by, false, null, true) },
    { name: `sorted tokens, by ${by}, a middle page`, run: sorted({}, by, false, middle[by]) },
    { name: `sorted tokens, by ${by}, active`, run: sorted({ status: 'active' }, by, false, null) },
  ]);
  const few = (['name', 'created', 'expires', 'last_used'] as const).flatMap((by) => [
    { name: `sorted tokens, few, by ${by}`, run: sorted({ expiringWithinMs: 7 * dayMs }, by, true, null) },
    { name: `sorted tokens, few, paused, by ${by}`, run: sorted({ status: 'paused' }, by, true, null) },
    {
      name: `sorted tokens, few, of a member, by ${by}`,
      run: sorted({ ownerId: seededId(50, sizes.users) }, by, true, null),
    },
  ]);
  const endless = { key: null, id };
  return [
    ...walked,
    { name: 'sorted tokens, by expires, those that never expire', run: sorted({}, 'expires', false, endless) },
    ...few,
    { name: 'tokens by their IDs', run: (store) => store.tokens.findMany([id, seededId(1, sizes.tokens)]) },
    {
      name: 'tombstones by the IDs of tokens',
      run: (store) => store.tokens.endedAmong([id, seededId(1, sizes.tokens)]),
    },
  ];
}

/** Returns every list query, with parameters that are hard for a database that `seedLists` filled. */
export function listQueries(sizes: ListSizes): ListQuery[] {
  const member = (position: number) => seededId(position, sizes.users);
  const busy = member(1);
  const first = { limit, before: null };
  const middle = (count: number) => ({ limit, before: seededId(Math.floor(count / 2), count) });
  const hook = seededId(7, 100);
  const status = { now: seedEnd, ssoStaleBefore: seedEnd - 8.5 * dayMs, idleBefore: seedEnd - 30 * dayMs };
  const tokens = (query: object) => (store: Store) => store.tokens.list({ ...first, ...status, ...query });
  const users = (query: object) => (store: Store) => store.users.list({ ...first, ...query });
  const account = (position: number) => seededId(position, sizes.serviceAccounts);
  const accounts = (query: object) => (store: Store) => store.serviceAccounts.list({ ...first, ...query });
  const audit = (query: object) => (store: Store) => store.audit.list({ ...first, ...query });
  const always = { started: 0, seen: 0 };
  const lastYear = { since: seedEnd - 360 * dayMs, until: seedEnd - 350 * dayMs };

  return [
    { name: 'own tokens', run: tokens({ ownerId: member(50) }) },
    { name: 'own tokens, by name', run: tokens({ ownerId: member(50), nameContains: 'needle' }) },
    { name: "a member's tokens, by status", run: tokens({ ownerId: member(50), status: 'expired' }) },
    { name: 'all tokens', run: tokens({}) },
    { name: 'all tokens, a middle page', run: tokens(middle(sizes.tokens)) },
    ...(['active', 'expired', 'blocked', 'disabled', 'sso-stale', 'paused', 'idle'] as const).map((value) => ({
      name: `all tokens, ${value}`,
      run: tokens({ status: value }),
    })),
    { name: 'all tokens, by a frequent name', run: tokens({ nameContains: 'deploy' }) },
    { name: 'all tokens, by a rare name', run: tokens({ nameContains: 'needle' }) },
    { name: 'all tokens, by a name that none has', run: tokens({ nameContains: 'nowhere' }) },
    ...foundTokens(sizes),
    { name: 'all tokens, blocked, by a rare name', run: tokens({ status: 'blocked', nameContains: 'needle' }) },
    { name: 'all tokens, active, by a rare name', run: tokens({ status: 'active', nameContains: 'needle' }) },
    // Many tokens match, but none of the newest. For almost a year, only few of the oldest match.
    ...[90, 364.9].flatMap((days) => [
      { name: `all tokens, unused for ${days} days`, run: tokens({ unusedForMs: days * dayMs }) },
      { name: `all tokens, never used for ${days} days`, run: tokens({ neverUsed: true, unusedForMs: days * dayMs }) },
      { name: `all tokens, unrotated for ${days} days`, run: tokens({ unrotatedForMs: days * dayMs }) },
    ]),
    { name: 'all tokens, without an expiry', run: tokens({ noExpiry: true }) },
    { name: 'all tokens, expiring within a week', run: tokens({ expiringWithinMs: 7 * dayMs }) },
    { name: 'all tokens of an app', run: tokens({ appId: seededId(1, sizes.apps) }) },
    { name: 'all tokens of an app, paused', run: tokens({ appId: seededId(1, sizes.apps), status: 'paused' }) },
    { name: 'the tokens that jobs received under a trust', run: tokens({ exchanged: true, trustId: 'none' }) },
    { name: 'all tokens, with two values', run: tokens({ twoValues: true }) },
    { name: 'all canaries', run: tokens({ canaries: 'only' }) },
    { name: 'all canaries that were used', run: tokens({ canaries: 'used' }) },
    { name: 'all canaries, by a frequent name', run: tokens({ canaries: 'only', nameContains: 'deploy' }) },
    ...sortedTokens(sizes),
    ...tokenCounts(sizes),
    ...searches(sizes),
    { name: 'all tokens, expiring within a second', run: tokens({ expiringWithinMs: 1000 }) },
    { name: 'all tokens, disabled, unused for 90 days', run: tokens({ status: 'disabled', unusedForMs: 90 * dayMs }) },
    { name: 'all tokens, denied within a day', run: tokens({ deniedWithinMs: dayMs }) },
    { name: 'all tokens, denied within a second', run: tokens({ deniedWithinMs: 1000 }) },
    {
      name: 'all tokens, denied within a year, active',
      run: tokens({ deniedWithinMs: 365 * dayMs, status: 'active' }),
    },
    { name: 'all tokens, denied within a day, expired', run: tokens({ deniedWithinMs: dayMs, status: 'expired' }) },
    {
      name: 'all tokens, denied within a day, by a rare name',
      run: tokens({ deniedWithinMs: dayMs, nameContains: 'needle' }),
    },
    { name: 'own tokens, denied within a day', run: tokens({ ownerId: member(50), deniedWithinMs: dayMs }) },
    ...endedTokens(sizes),
    { name: 'the report on tokens', run: (store) => store.tokens.countMatching(reportFilters, status) },
    { name: "a member's active tokens, counted", run: (store) => store.tokens.countActiveOf(member(50), status) },
    {
      name: 'tokens that expire, counted',
      run: (store) =>
        store.tokens.countExpiring(
          seedEnd,
          [1, 7, 30].map((days) => seedEnd + days * dayMs),
        ),
    },
    {
      name: 'members with due notices',
      run: (store) => store.notices.membersToNotify(seedEnd, { after: '', limit: 100 }),
    },
    { name: 'members', run: users({}) },
    { name: 'members, a short page', run: users({ limit: 2 }) },
    { name: 'members, a middle page', run: users(middle(sizes.users)) },
    { name: 'members, by address', run: users({ emailFolded: 'member-77@example.com' }) },
    { name: 'members, by a frequent name', run: users({ contains: 'member' }) },
    { name: 'members, by a rare name', run: users({ contains: 'member-77@' }) },
    { name: 'members, by a name that none has', run: users({ contains: 'nowhere' }) },
    { name: 'one member', run: (store) => store.users.summary(member(50)) },
    { name: 'superusers to ask', run: (store) => store.users.superuserEmails(5) },
    { name: 'superusers', run: (store) => store.users.superusers() },
    { name: 'service accounts', run: accounts({}) },
    { name: 'service accounts, a middle page', run: accounts(middle(sizes.serviceAccounts)) },
    { name: 'service accounts, by name', run: accounts({ name: 'account-77' }) },
    { name: 'service accounts of a maintainer', run: accounts({ maintainerId: member(50) }) },
    { name: 'service accounts of nobody', run: accounts({ maintainerId: 'nobody' }) },
    { name: 'orphaned service accounts', run: accounts({ orphaned: true }) },
    { name: 'orphaned service accounts, counted', run: (store) => store.serviceAccounts.countOrphaned() },
    { name: 'names of service accounts, for a form', run: (store) => store.serviceAccounts.enabledNames(100) },
    { name: 'one service account', run: (store) => store.serviceAccounts.summary(account(7)) },
    { name: 'maintainers of a service account', run: (store) => store.serviceAccounts.maintainers(account(7)) },
    { name: 'audit events', run: audit({}) },
    { name: 'audit events, a middle page', run: audit(middle(sizes.events)) },
    { name: 'audit events of a member', run: audit({ participant: member(50) }) },
    { name: 'audit events of a busy superuser', run: audit({ participant: busy }) },
    { name: 'audit events about a rare target', run: audit({ participant: 'rare-target' }) },
    { name: 'audit events of nobody', run: audit({ participant: 'nobody' }) },
    { name: 'audit events, by an address', run: audit({ actorEmail: 'guess@example.com' }) },
    {
      name: 'audit events, by an address and a frequent action',
      run: audit({ actorEmail: 'guess@example.com', action: 'token.created' }),
    },
    { name: 'audit events, by a frequent action', run: audit({ action: 'token.created' }) },
    { name: 'audit events, by a rare action', run: audit({ action: 'client.deleted' }) },
    { name: 'audit events, by an action that never happened', run: audit({ action: 'user.demoted' }) },
    { name: 'audit events of the last minute', run: audit({ since: seedEnd - 60_000 }) },
    { name: 'audit events since a year ago', run: audit({ since: lastYear.since }) },
    { name: 'audit events until a year ago', run: audit({ until: lastYear.until }) },
    { name: 'audit events of ten old days', run: audit(lastYear) },
    { name: 'audit events of ten old days, of a busy superuser', run: audit({ ...lastYear, participant: busy }) },
    {
      name: 'audit events of ten old days, by a frequent action',
      run: audit({ ...lastYear, action: 'token.created' }),
    },
    { name: 'audit events of ten old days, by a rare action', run: audit({ ...lastYear, action: 'client.deleted' }) },
    {
      name: 'audit events of a busy superuser, by a rare action',
      run: audit({ participant: busy, action: 'client.deleted' }),
    },
    {
      name: 'audit events of a member, by a frequent action',
      run: audit({ participant: member(50), action: 'token.created' }),
    },
    {
      name: 'audit events of nobody, by a frequent action',
      run: audit({ participant: 'nobody', action: 'token.created' }),
    },
    {
      name: 'audit events of a member in ten old days, by a frequent action',
      run: audit({ ...lastYear, participant: member(50), action: 'token.created' }),
    },
    {
      name: 'the last transfers of tokens',
      run: (store) => store.audit.lastTransfers([1, 2, 3].map((position) => seededId(position, sizes.tokens))),
    },
    ...narrowAudit(sizes),
    ...auditInOrder(sizes),
    ...memberDataParts(sizes),
    { name: "a token's denied requests", run: (store) => store.usage.deniedOf(seededId(1, sizes.tokens)) },
    {
      name: "uses of a member's tokens, by day",
      run: (store) => store.usage.ofOwner(member(50), seedEnd / dayMs - 29),
    },
    {
      name: "uses of a busy superuser's tokens, by day",
      run: (store) => store.usage.ofOwner(busy, seedEnd / dayMs - 29),
    },
    { name: 'totals of days', run: (store) => store.usage.daysSince(seedEnd / dayMs - 29) },
    { name: 'the first day with a total', run: (store) => store.usage.firstDay() },
    { name: "a token's usage", run: (store) => store.usage.of(seededId(7, sizes.tokens), 0) },
    { name: 'clients', run: (store) => store.clients.list(first) },
    { name: 'apps', run: (store) => store.apps.list(first) },
    { name: 'apps, a middle page', run: (store) => store.apps.list({ ...first, ...middle(sizes.apps) }) },
    { name: 'apps, filtered by name', run: (store) => store.apps.list({ ...first, name: 'app-77' }) },
    { name: 'one app, by name', run: (store) => store.apps.findByName('app-77') },
    { name: 'one app, by ID', run: (store) => store.apps.findById(seededId(7, sizes.apps)) },
    { name: 'tokens of an app, counted', run: (store) => store.apps.countTokens(seededId(7, sizes.apps)) },
    { name: 'names of apps, for a form', run: (store) => store.apps.names(100) },
    { name: 'names of apps', run: (store) => store.apps.namesOf([7, 8].map((i) => seededId(i, sizes.apps))) },
    { name: 'trusts', run: (store) => store.trusts.list(first) },
    { name: 'one trust, by name', run: (store) => store.trusts.list({ ...first, name: 'trust-77' }) },
    { name: 'trusts of a maintainer', run: (store) => store.trusts.list({ ...first, maintainerId: member(50) }) },
    { name: 'trusts of nobody', run: (store) => store.trusts.list({ ...first, maintainerId: 'nobody' }) },
    { name: 'trusts in an issuer', run: (store) => store.trusts.ofIssuer('https://issuer-7.example.com') },
    { name: 'trusts of a service account', run: (store) => store.trusts.ofServiceAccount(member(50)) },
    { name: 'tokens known to a member', run: tokens({ knownTo: member(50) }) },
    { name: 'tokens known to a busy superuser', run: tokens({ knownTo: busy }) },
    {
      name: 'tokens known to a busy superuser, by status and time',
      run: tokens({ knownTo: busy, status: 'active', noExpiry: true }),
    },
    { name: 'exchanged tokens', run: tokens({ exchanged: true }) },
    { name: "an owner's exchanged tokens", run: tokens({ ownerId: member(50), exchanged: true }) },
    { name: 'webhooks', run: (store) => store.webhooks.list(first) },
    { name: 'deliveries of a webhook', run: (store) => store.deliveries.list({ ...first, webhookId: hook }) },
    {
      name: 'deliveries of a webhook, failed',
      run: (store) => store.deliveries.list({ ...first, webhookId: hook, status: 'failed' }),
    },
    { name: 'webhooks with due deliveries', run: (store) => store.webhooks.due(seedEnd) },
    { name: 'deliveries to webhooks, counted', run: (store) => store.deliveries.backlog() },
    { name: 'dead letters', run: (store) => store.outbox.deadLetters(20) },
    { name: 'mails that wait', run: (store) => store.outbox.waiting(50) },
    { name: 'mails that wait, counted', run: (store) => store.outbox.backlog() },
    {
      name: "a member's sessions",
      run: (store) => store.sessions.listOf(member(50), { now: seedEnd, console: always, program: always }, 50),
    },
    { name: "a member's passkeys", run: (store) => store.passkeys.listOf(member(50)) },
  ];
}

/** One page of each part of what is stored about a member. */
function memberDataParts(sizes: ListSizes): ListQuery[] {
  const id = (position: number) => seededId(position, sizes.users);
  return [1, 50].flatMap((position) =>
    parts.map((part, place) => {
      const email = `member-${position}@example.com`;
      const subject = { id: id(position), email, emailFolded: email };
      const who = position === 1 ? 'a busy superuser' : 'a member';
      const order = part.inOrder ? 'in order' : 'sorted';
      return {
        name: `data about ${who}, ${order}: ${part.name}`,
        run: (store: Store) => store.memberData.page(subject, { part: place, token: null, after: null }),
      };
    }),
  );
}

/** Audit events by filters that several indexes could lead to. */
function narrowAudit(sizes: ListSizes): ListQuery[] {
  const audit = (query: object) => (store: Store) => store.audit.list({ limit, before: null, ...query });
  const network = Array.from({ length: 200 }, (_, host) => `192.0.2.${host}`);
  const busy = seededId(1, sizes.users);
  const quiet = seededId(50, sizes.users);
  const guess = 'guess@example.com';
  const system = { ids: [], emails: [], system: true };
  const target = { ids: ['rare-target'], name: `deploy-pipeline-${Math.floor(sizes.events / 30)}` };
  const days = { since: seedEnd - 360 * dayMs, until: seedEnd - 350 * dayMs };
  return [
    { name: 'audit events about a target, by ID or name', run: audit({ target }) },
    { name: 'audit events about a target, by a frequent action', run: audit({ target, action: 'token.created' }) },
    { name: 'audit events about a target, of a member', run: audit({ target, participant: quiet }) },
    { name: 'audit events by an actor, signed in or not', run: audit({ actor: { ids: [quiet], emails: [guess] } }) },
    { name: 'audit events by a busy actor, signed in or not', run: audit({ actor: { ids: [busy], emails: [guess] } }) },
    {
      name: 'audit events by an actor, signed in or not, by a frequent action',
      run: audit({ actor: { ids: [quiet], emails: [] }, action: 'token.created' }),
    },
    { name: 'audit events by the daemon itself', run: audit({ actor: system }) },
    { name: 'audit events by the daemon itself, in ten old days', run: audit({ actor: system, ...days }) },
    {
      name: 'audit events by the daemon itself, by a frequent action',
      run: audit({ actor: system, action: 'token.created' }),
    },
    { name: 'audit events of two accounts with the same name', run: audit({ participants: [busy, quiet] }) },
    { name: 'audit events about two owners', run: audit({ owners: [busy, quiet] }) },
    {
      name: 'audit events, what the log calls so',
      run: (store) => store.audit.idsNamed([target.name, 'deploy-pipeline-7'], ['token', 'session'], 50),
    },
    { name: 'audit events, the tokens of a name', run: (store) => store.tokens.idsByName('line-5', 50) },
    { name: 'audit events from a rare address', run: audit({ ips: ['198.51.100.7'] }) },
    { name: 'audit events from a frequent address', run: audit({ ips: ['203.0.113.9'] }) },
    { name: 'audit events from no address', run: audit({ ips: [] }) },
    {
      name: 'audit events from a frequent address, of nobody',
      run: audit({ ips: ['203.0.113.9'], actor: { ids: ['nobody'], emails: [] } }),
    },
    {
      name: 'audit events from a frequent address, of a quiet owner',
      run: audit({ ips: ['203.0.113.9'], owners: [quiet] }),
    },
    {
      name: 'audit events from a rare address, of a busy actor, by a frequent action',
      run: audit({ ips: ['198.51.100.7'], actor: { ids: [busy], emails: [] }, action: 'token.created' }),
    },
    {
      name: 'audit events from a frequent address, by a rare action',
      run: audit({ ips: ['203.0.113.9'], action: 'client.deleted' }),
    },
    { name: 'audit events from an old network', run: audit({ ips: network }) },
    { name: 'audit events from an old network, in ten old days', run: audit({ ips: network, ...days }) },
    {
      name: 'audit events from a busy network',
      run: audit({ ips: ['203.0.113.9', '203.0.113.10'] }),
    },
    {
      name: 'audit events, the addresses of a network',
      run: (store) => store.audit.addressesBeginningWith(['192.0.2.'], 500),
    },
    { name: 'audit events, the tokens of a prefix', run: (store) => store.tokens.idsByPrefix('tok_AAAAAAAA') },
  ];
}

/** The pages of readers who follow the audit log, and the statements of the jobs about its oldest events. */
function auditInOrder(sizes: ListSizes): ListQuery[] {
  const event = (share: number) => seededId(Math.floor(sizes.events * share), sizes.events);
  const read = (after: string | null, participant?: string) => (store: Store) =>
    store.audit.listInOrder({ after, limit, ...(participant !== undefined && { participant }) });
  const busy = seededId(1, sizes.users);
  const quiet = seededId(50, sizes.users);
  const oldest = seedEnd - 364 * dayMs;
  return [
    { name: 'audit events in order', run: read(null) },
    { name: 'audit events in order, after one of the oldest', run: read(event(1 / 30)) },
    { name: 'audit events in order, a middle page', run: read(event(1 / 2)) },
    { name: 'audit events in order, of a busy superuser', run: read(null, busy) },
    { name: 'audit events in order, of a member', run: read(null, quiet) },
    { name: 'audit events in order, of nobody', run: read(null, 'nobody') },
    { name: 'the last audit event in order', run: (store) => store.audit.lastInOrder() },
    { name: 'the last audit event in order, of a member', run: (store) => store.audit.lastInOrder(quiet) },
    { name: 'the last audit event in order, of nobody', run: (store) => store.audit.lastInOrder('nobody') },
    { name: 'audit events that wait for a position', run: (store) => store.audit.assignPositions(10) },
    { name: 'audit events to delete', run: (store) => store.audit.purge({ before: oldest, limit: 1 }) },
    { name: 'audit events in order, after one that was deleted', run: read('0') },
    { name: 'audit events in order, of a member, after one that was deleted', run: read('0', quiet) },
    {
      name: 'audit events whose address is to be cut',
      run: (store) => store.audit.cutAddresses({ before: oldest, limit: 500, cut: (ip) => ip }),
    },
  ];
}

/** The IDs of tokens that few match, and one page of these. */
function foundTokens(sizes: ListSizes): ListQuery[] {
  const status = { now: seedEnd, ssoStaleBefore: seedEnd - 8.5 * dayMs, idleBefore: seedEnd - 30 * dayMs };
  const find = (query: object) => (store: Store) => store.tokens.idsUpTo({ ...status, ...query }, 10_001);
  const among = [1, 2, 3].map((position) => seededId(position, sizes.tokens));
  const list = (query: object) => (store: Store) =>
    store.tokens.list({ limit, before: null, ...status, among, ...query });
  const sort = { by: 'name', descending: false, few: true, after: null };
  return [
    { name: 'all tokens, found by a rare name', run: find({ nameContains: 'needle' }) },
    { name: 'exchanged tokens, found by a rare name', run: find({ nameContains: 'trust/7', exchanged: true }) },
    { name: 'all tokens, found by a short part of a name', run: find({ nameContains: 'q' }) },
    { name: 'all tokens, active, found by a rare name', run: find({ nameContains: 'needle', status: 'active' }) },
    { name: 'all tokens, denied within a day, found', run: find({ deniedWithinMs: dayMs }) },
    { name: 'all tokens, disabled, found', run: find({ status: 'disabled' }) },
    { name: 'all tokens, a page of those that were found', run: list({ nameContains: 'deploy' }) },
    { name: 'all tokens, active, a page of those that were found', run: list({ status: 'active' }) },
    { name: 'sorted tokens, few, among those that were found', run: list({ nameContains: 'deploy', sort }) },
    {
      name: 'sorted tokens, few, denied within a day, among those that were found',
      run: list({ deniedWithinMs: dayMs, sort }),
    },
  ];
}

/** The counts above the lists of tokens. */
function tokenCounts(sizes: ListSizes): ListQuery[] {
  const status = { now: seedEnd, ssoStaleBefore: seedEnd - 8.5 * dayMs, idleBefore: seedEnd - 30 * dayMs };
  const counted = (query: object) => (store: Store) => store.tokens.countUpTo({ ...status, ...query }, 50);
  return [
    { name: 'all tokens, counted', run: counted({}) },
    { name: 'all tokens expiring within a week, counted', run: counted({ expiringWithinMs: 7 * dayMs }) },
    { name: 'all tokens denied within a day, counted', run: counted({ deniedWithinMs: dayMs }) },
    { name: 'all tokens with two values, counted', run: counted({ twoValues: true }) },
    { name: 'all canaries, counted', run: counted({ canaries: 'only' }) },
    { name: 'all canaries that were used, counted', run: counted({ canaries: 'used' }) },
    { name: 'all tokens without an expiry, counted', run: counted({ noExpiry: true }) },
    ...(['active', 'expired', 'blocked', 'paused'] as const).map((value) => ({
      name: `all tokens ${value}, counted`,
      // Whether a token is idle depends on its last use, which is in no index.
      run: counted({ status: value, idleBefore: undefined }),
    })),
    { name: "a member's tokens, counted", run: counted({ ownerId: seededId(50, sizes.users) }) },
  ];
}

/** The statements of one search in the console. */
function searches(sizes: ListSizes): ListQuery[] {
  const search = (text: string) => ({ text, folded: text });
  const own = { ids: [50, 51, 52].map((position) => seededId(position, sizes.users)), matching: [] };
  const texts = {
    'a frequent name': 'deploy',
    'a rare name': 'needle',
    'a name that none has': 'nowhere',
    'a frequent prefix': 'tok_',
    'a rare prefix': 'tok_zzzzzzzz',
  };
  return [
    ...Object.entries(texts).flatMap(([name, text]) => [
      { name: `search, tokens by ${name}`, run: (store: Store) => store.search.tokens(search(text), 11) },
      { name: `search, own tokens by ${name}`, run: (store: Store) => store.search.tokensOf(search(text), own, 11) },
      { name: `search, ended tokens by ${name}`, run: (store: Store) => store.search.endedTokens(search(text), 11) },
      {
        name: `search, own ended tokens by ${name}`,
        run: (store: Store) => store.search.endedTokens(search(text), 11, own.ids),
      },
    ]),
    ...['member', 'member-77@', 'nowhere', 'example.com'].map((text) => ({
      name: `search, members by ${text}`,
      run: (store: Store) => store.search.members(text, 11),
    })),
    ...['account', 'account-77', 'nowhere'].flatMap(
      (text) =>
        [
          {
            name: `search, service accounts by ${text}`,
            run: (store) => store.search.serviceAccounts(search(text), 11),
          },
          {
            name: `search, some service accounts by ${text}`,
            run: (store) => store.search.serviceAccounts(search(text), 11, own.ids),
          },
        ] satisfies ListQuery[],
    ),
    ...['app', 'nowhere'].map((text) => ({
      name: `search, apps by ${text}`,
      run: (store: Store) => store.search.apps(text, 11),
    })),
    { name: 'search, its limits', run: (store) => store.search.isTooLarge() },
  ];
}

/** Lists of tokens that ended. */
function endedTokens(sizes: ListSizes): ListQuery[] {
  const ended = (query: object) => (store: Store) => store.endedTokens.list({ limit, before: null, ...query });
  const account = seededId(7, sizes.serviceAccounts);
  const count = endedTokensOf(sizes.tokens);
  return [
    { name: 'ended tokens, few', run: ended({}) },
    { name: 'ended tokens, few, a middle page', run: ended({ before: seededId(count / 2, count) }) },
    { name: 'ended tokens, many', run: ended({ isLong: true }) },
    { name: 'ended tokens, many, a middle page', run: ended({ isLong: true, before: seededId(count / 2, count) }) },
    { name: 'ended tokens, counted', run: (store) => store.endedTokens.countUpTo(undefined, 10_001) },
    {
      name: 'ended tokens of a member, counted',
      run: (store) => store.endedTokens.countUpTo(seededId(50, sizes.users), 10_001),
    },
    { name: 'ended tokens, by a rare name', run: ended({ nameContains: 'needle' }) },
    { name: 'ended tokens of a member', run: ended({ ownerId: seededId(50, sizes.users) }) },
    { name: 'ended tokens of a service account', run: ended({ ownerId: account }) },
    { name: 'ended tokens, exchanged', run: ended({ exchanged: true }) },
    { name: 'ended tokens of a service account, exchanged', run: ended({ ownerId: account, exchanged: true }) },
    { name: 'one ended token', run: (store) => store.endedTokens.findById(seededId(5, count)) },
    {
      name: 'denied requests of an ended token',
      run: (store) => store.endedTokens.deniedOf(seededId(5, count)),
    },
  ];
}
