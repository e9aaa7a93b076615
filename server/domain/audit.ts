import { foldName, normalizeName, serviceAccountName } from '../../shared/names.ts';
import { ProblemError } from '../../shared/problem.ts';
import { memberIdOf } from '../../shared/pseudonym.ts';
import type { AuditAction } from '../../shared/schemas/audit.ts';
import { createBoundedQueue } from '../bounded-queue.ts';
import { StoreBusy } from '../store/errors.ts';
import type {
  Actor,
  AppRecord,
  AuditRecord,
  ClientRecord,
  FieldChange,
  ListedAuditRecord,
  MailRecord,
  Page,
  TokenRecord,
  TrustRecord,
  UserRecord,
  WebhookRecord,
} from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { type ClientInfo, isKey, type Operator, requireScope } from './caller.ts';
import { webhookServer } from './events/webhook-url.ts';

interface Event {
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
}

interface AppEvent {
  action: AuditAction;
  app: Pick<AppRecord, 'id' | 'name'>;
  changes?: FieldChange[];
}

interface TrustEvent {
  action: AuditAction;
  trust: Pick<TrustRecord, 'id' | 'name' | 'serviceAccountId'>;
  changes?: FieldChange[];
}

interface WebhookEvent {
  action: 'webhook.created' | 'webhook.changed' | 'webhook.deleted' | 'webhook.disabled';
  webhook: Pick<WebhookRecord, 'id' | 'url'>;
  changes?: FieldChange[];
}

interface ServiceAccountEvent {
  action: AuditAction;
  account: Pick<UserRecord, 'id' | 'email'>;
  changes?: FieldChange[];
}

export type AuditTrail = ReturnType<typeof createAuditTrail>;

/** Writes audit events. Pass the store of the transaction that makes the change, so that both commit or neither does. */
export function createAuditTrail({ newId }: { newId: () => string }) {
  const write = (store: Store, event: Event, what: Pick<AuditRecord, 'action' | 'target' | 'ownerId' | 'changes'>) =>
    store.audit.insert({ id: newId(), at: event.at, actor: event.actor, ...event.clientInfo, ...what });

  const token = (action: AuditAction) => (store: Store, event: Event & { token: TokenRecord }) =>
    write(store, event, { action, ...tokenTarget(event.token) });

  return {
    tokenCreated: token('token.created'),
    tokenRevoked: token('token.revoked'),
    tokenRotated: token('token.rotated'),
    previousValueEnded: token('token.previous_ended'),
    tokenPaused: token('token.paused'),
    tokenResumed: token('token.resumed'),
    tokenExchanged: (store: Store, event: Event & { token: TokenRecord; changes: FieldChange[] }) =>
      write(store, event, { action: 'token.exchanged', ...tokenTarget(event.token), changes: event.changes }),
    /** `token` is the token as it was with its former owner, who can then read the event. */
    tokenTransferred: (store: Store, event: Event & { token: TokenRecord; changes: FieldChange[] }) =>
      write(store, event, { action: 'token.transferred', ...tokenTarget(event.token), changes: event.changes }),
    tokenChanged: (store: Store, event: Event & { token: TokenRecord; changes: FieldChange[] }) =>
      write(store, event, { action: 'token.changed', ...tokenTarget(event.token), changes: event.changes }),
    user: (store: Store, action: AuditAction, event: Event & { user: Pick<UserRecord, 'id' | 'email'> }) =>
      write(store, event, {
        action,
        target: { kind: 'user', id: event.user.id, name: event.user.email },
        ownerId: event.user.id,
      }),
    groupsChanged: (store: Store, event: Event & { user: Pick<UserRecord, 'id' | 'email'>; changes: FieldChange[] }) =>
      write(store, event, {
        action: 'user.groups_changed',
        target: { kind: 'user', id: event.user.id, name: event.user.email },
        ownerId: event.user.id,
        changes: event.changes,
      }),
    session: (store: Store, action: AuditAction, event: Event & { sessionId: string; userId: string }) =>
      write(store, event, {
        action,
        target: { kind: 'session', id: event.sessionId, name: null },
        ownerId: event.userId,
      }),
    client: (
      store: Store,
      action: AuditAction,
      event: Event & { client: Pick<ClientRecord, 'id' | 'name'>; changes?: FieldChange[] },
    ) =>
      write(store, event, {
        action,
        target: { kind: 'client', id: event.client.id, name: event.client.name },
        ownerId: null,
        ...(event.changes && { changes: event.changes }),
      }),
    app: (store: Store, { action, app, changes, ...event }: Event & AppEvent) =>
      write(store, event, {
        action,
        target: { kind: 'app', id: app.id, name: app.name },
        ownerId: null,
        ...(changes && { changes }),
      }),
    trust: (store: Store, { action, trust, changes, ...event }: Event & TrustEvent) =>
      write(store, event, {
        action,
        target: { kind: 'trust', id: trust.id, name: trust.name },
        ownerId: trust.serviceAccountId,
        ...(changes && { changes }),
      }),
    /** Names the server of the webhook only. The rest of the URL may be a secret. */
    webhook: (store: Store, { action, webhook, changes, ...event }: Event & WebhookEvent) =>
      write(store, event, {
        action,
        target: { kind: 'webhook', id: webhook.id, name: webhookServer(webhook.url) },
        ownerId: null,
        ...(changes && { changes }),
      }),
    serviceAccount: (store: Store, { action, account, changes, ...event }: Event & ServiceAccountEvent) =>
      write(store, event, {
        action,
        target: { kind: 'service-account', id: account.id, name: account.email },
        ownerId: account.id,
        ...(changes && { changes }),
      }),
    /** `owner` is the member that the mail was for, or null if no member has that address any more. */
    mailGivenUp: (store: Store, event: Event & { mail: Pick<MailRecord, 'id' | 'to'>; owner: { id: string } | null }) =>
      write(store, event, {
        action: 'mail.given_up',
        target: { kind: 'mail', id: event.mail.id, name: event.mail.to },
        ownerId: event.owner?.id ?? null,
      }),
    issuerMoved: (store: Store, event: Event & { from: string; to: string }) =>
      write(store, event, {
        action: 'sso.issuer_moved',
        target: { kind: 'issuer', id: null, name: `${event.from} → ${event.to}` },
        ownerId: null,
      }),
    /** `user` is null if no member has the address that the link is for. */
    recoveryLink: (store: Store, event: Event & { email: string; user: Pick<UserRecord, 'id'> | null }) =>
      write(store, event, {
        action: 'recovery.link_created',
        target: { kind: 'user', id: event.user?.id ?? null, name: event.email },
        ownerId: event.user?.id ?? null,
      }),
    /** `user` is null if no member has the address that was entered. */
    signInFailed: (store: Store, event: Event & { user: Pick<UserRecord, 'id' | 'email'> | null }) =>
      write(store, event, {
        action: 'session.failed',
        target: { kind: 'user', id: event.user?.id ?? null, name: event.user?.email ?? null },
        ownerId: event.user?.id ?? null,
      }),
  };
}

function tokenTarget({ id, name, ownerId }: TokenRecord): Pick<AuditRecord, 'target' | 'ownerId'> {
  return { target: { kind: 'token', id, name }, ownerId };
}

export interface AuditQuery extends Page {
  /** ID, email address or `service-account:NAME` of the actor, owner or target. */
  user?: string;
  action?: AuditAction;
  /** Inclusive. */
  since?: number;
  /** Exclusive. */
  until?: number;
}

/** Reads audit events. */
export interface AuditLog {
  /**
   * Returns events, newest first. Members who are not superusers get only events that concern them.
   *
   * `urgent` continues a list that began before, and is never refused.
   *
   * @throws ProblemError `superuser-required` if such a member names another one in `query.user`; `scope-missing`
   * @throws StoreBusy while too many lists wait
   */
  list(operator: Operator, query: AuditQuery, options?: { urgent?: boolean }): Promise<ListedAuditRecord[]>;
}

/**
 * Reads one audit list at a time, because a list can take a second and other requests need the connections, too. Refuses lists
 * that would wait longer than a client does.
 */
const listQueue = { concurrency: 1, maxWaiting: 50, maxWaitMs: 1_500 } as const;

export function createAuditLog({ store }: { store: Store }): AuditLog {
  const refusal = () => new StoreBusy('Too many audit lists wait.');
  const enqueue = createBoundedQueue({ ...listQueue, refusal });
  return {
    async list(operator, { user, ...query }, options) {
      const read = (query: Parameters<Store['audit']['list']>[0]) => enqueue(() => store.audit.list(query), options);
      if (isKey(operator)) requireScope(operator, 'audit:read');
      if (isKey(operator) || operator.user.superuser)
        return user === undefined ? read(query) : read({ ...query, ...(await filterFor(store, user)) });
      const own =
        user === undefined || user === operator.user.id || foldName(normalizeName(user)) === operator.user.emailFolded;
      if (!own)
        throw new ProblemError('superuser-required', "Only an Organization Superuser may read other people's events.");
      return read({ ...query, participant: operator.user.id });
    },
  };
}

/**
 * Filters by member or service account. For an address that no member has, finds the failed sign-ins that were tried with it. For a service
 * account that was deleted, finds what its management keys did.
 */
async function filterFor(store: Store, user: string): Promise<{ participant: string } | { actorEmail: string }> {
  const folded = foldName(normalizeName(user));
  const name = serviceAccountName(folded);
  if (name !== null) {
    const account = await store.serviceAccounts.findByName(name);
    return account === null ? { actorEmail: folded } : { participant: account.id };
  }
  if (!user.includes('@')) return { participant: memberIdOf(user) };
  const found = await store.users.findByEmail(folded);
  return found === null ? { actorEmail: folded } : { participant: found.id };
}
