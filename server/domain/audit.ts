import type { AuditAction } from '../../shared/audit-actions.ts';
import type {
  Actor,
  AppRecord,
  AuditRecord,
  ClientRecord,
  FieldChange,
  MailRecord,
  TokenRecord,
  TrustRecord,
  UserRecord,
  WebhookRecord,
} from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { ClientInfo } from './caller.ts';
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
    canaryUsed: (store: Store, event: Event & { token: TokenRecord; changes: FieldChange[] }) =>
      write(store, event, { action: 'token.canary_used', ...tokenTarget(event.token), changes: event.changes }),
    tokenExchanged: (store: Store, event: Event & { token: TokenRecord; changes: FieldChange[] }) =>
      write(store, event, { action: 'token.exchanged', ...tokenTarget(event.token), changes: event.changes }),
    /** `token` is the token as it was with its former owner, who can then read the event. */
    tokenTransferred: (store: Store, event: Event & { token: TokenRecord; changes: FieldChange[] }) =>
      write(store, event, { action: 'token.transferred', ...tokenTarget(event.token), changes: event.changes }),
    tokenChanged: (store: Store, event: Event & { token: TokenRecord; changes: FieldChange[] }) =>
      write(store, event, { action: 'token.changed', ...tokenTarget(event.token), changes: event.changes }),
    tokenLeaked: (store: Store, event: Event & { token: TokenRecord; changes: FieldChange[] }) =>
      write(store, event, { action: 'token.leaked', ...tokenTarget(event.token), changes: event.changes }),
    user: (
      store: Store,
      action: AuditAction,
      event: Event & { user: Pick<UserRecord, 'id' | 'email'>; changes?: FieldChange[] },
    ) =>
      write(store, event, {
        action,
        target: { kind: 'user', id: event.user.id, name: event.user.email },
        ownerId: event.user.id,
        ...(event.changes && { changes: event.changes }),
      }),
    groupsChanged: (store: Store, event: Event & { user: Pick<UserRecord, 'id' | 'email'>; changes: FieldChange[] }) =>
      write(store, event, {
        action: 'user.groups_changed',
        target: { kind: 'user', id: event.user.id, name: event.user.email },
        ownerId: event.user.id,
        changes: event.changes,
      }),
    /** `way` is how the member signed in, if the event says that. `owner` is the member's address, if another member is the actor. */
    session: (
      store: Store,
      action: AuditAction,
      event: Event & { sessionId: string; userId: string; way?: string; owner?: string },
    ) =>
      write(store, event, {
        action,
        target: { kind: 'session', id: event.sessionId, name: event.owner ?? null },
        ownerId: event.userId,
        ...(event.way !== undefined && { changes: [{ field: 'way', from: null, to: event.way }] }),
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
