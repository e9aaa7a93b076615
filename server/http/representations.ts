import type { Client } from '../../shared/schemas/accounts/clients.ts';
import type { OffboardedUser } from '../../shared/schemas/accounts/offboarding.ts';
import type { ServiceAccount } from '../../shared/schemas/accounts/service-accounts.ts';
import type { InvitedUser, User } from '../../shared/schemas/accounts/users.ts';
import type { App } from '../../shared/schemas/apps.ts';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import type { Passkey } from '../../shared/schemas/sign-in/passkeys.ts';
import type { DeniedRequest as DeniedRequestObject, Token } from '../../shared/schemas/tokens/tokens.ts';
import type { Trust } from '../../shared/schemas/trusts.ts';
import type { Delivery, Webhook } from '../../shared/schemas/webhooks.ts';
import { splitScopes } from '../../shared/scopes.ts';
import { memberGroups, parseGroups } from '../domain/accounts/groups.ts';
import type { Invitation } from '../domain/accounts/invitations.ts';
import { memberStatus } from '../domain/accounts/member-status.ts';
import type { Offboarded } from '../domain/accounts/offboarding/offboarding.ts';
import { type Operator, readsEverything } from '../domain/caller.ts';
import { trustFields } from '../domain/machines/trust-fields.ts';
import { lifetimeOf } from '../domain/tokens/expiry.ts';
import { type AppNames, showRules } from '../domain/tokens/rules/shown-rules.ts';
import { isPaused, tokenStatus, workingPreviousValue } from '../domain/tokens/status.ts';
import type {
  AppRecord,
  ClientRecord,
  DeliveryRecord,
  DeniedRequest,
  LastUse,
  ListedAuditRecord,
  ListedTrust,
  PasskeyRecord,
  ServiceAccountSummary,
  StatusContext,
  TokenRecord,
  UserRecord,
  UserSummary,
  WebhookRecord,
} from '../store/records.ts';

/** Formats milliseconds since the epoch as RFC 3339 in UTC. */
function time(at: number): string {
  return new Date(at).toISOString();
}

function timeOrNull(at: number | null): string | null {
  return at === null ? null : time(at);
}

/** Returns the result of an offboarding as the API shows it. */
export function offboardedObject({ known, ...counts }: Offboarded): OffboardedUser {
  const tokens = known?.map(({ id, name, prefix, ownerEmail, manage }) => ({
    ...{ id, name, prefix, owner: ownerEmail, manage: splitScopes(manage) },
  }));
  return { ...counts, known: tokens ?? null };
}

/** Returns the token as the API shows it, with its status in this context. `names` holds the apps of its rules. */
export function tokenObject(token: TokenRecord, statusContext: StatusContext, names: AppNames): Token {
  const { lastUse } = token;
  const { now } = statusContext;
  const previous = workingPreviousValue(token, now);
  const lifetime = lifetimeOf(token);
  const { apps, readOnly, allow, networks, enforce } = showRules(token, names);
  return {
    id: token.id,
    name: token.name,
    prefix: token.prefix,
    description: token.description,
    owner: token.ownerEmail,
    owner_kind: token.ownerKind,
    created_at: time(token.createdAt),
    expires_at: timeOrNull(token.expiresAt),
    status: tokenStatus(token, statusContext),
    last_used: lastUse && lastUseObject(lastUse),
    last_denied: token.lastDenied && deniedRequestObject(token.lastDenied, names),
    rotated_at: timeOrNull(token.rotatedAt),
    previous_used_at: timeOrNull(token.previousUsedAt),
    previous: previous && {
      prefix: previous.prefix,
      valid_until: time(previous.validUntil),
      last_used: previous.lastUse && lastUseObject(previous.lastUse),
    },
    paused: isPaused(token, now)
      ? {
          at: time(token.pausedAt ?? 0),
          until: timeOrNull(token.pausedUntil),
          reason: token.pausedReason,
          by: token.pausedByEmail,
        }
      : null,
    self_rotate: token.selfRotate,
    lifetime: lifetime === null ? null : Math.round(lifetime / 1000),
    quiet_networks: token.quietNetworks,
    manage: splitScopes(token.manage),
    canary: token.canary,
    apps: apps && [...apps],
    read_only: readOnly,
    allow: allow && [...allow],
    networks: networks && [...networks],
    enforce,
  };
}

/** Returns a use as the API shows it. */
export function lastUseObject(use: LastUse): NonNullable<Token['last_used']> {
  return { at: time(use.at), method: use.method, path: use.path, ip: use.ip, user_agent: use.userAgent };
}

/** Returns a denied request as the API shows it. `names` holds its app. */
export function deniedRequestObject(request: DeniedRequest, names: AppNames): DeniedRequestObject {
  const { at, reason, appId, method, path, ip, userAgent } = request;
  const app = appId === null ? null : (names.get(appId) ?? null);
  return { at: time(at), reason, app, method, path, ip, user_agent: userAgent };
}

/** Returns the fields of a member that people and programs choose. The ETag of the member covers them. */
export function userState(user: Omit<UserRecord, 'passwordHash' | 'emailFolded'>) {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    superuser: user.superuser,
    auditor: user.auditor,
    disabled: user.disabled,
    can_manage_tokens: user.canManageTokens,
    sso: user.sso,
    groups: memberGroups(user),
  };
}

/** Returns the member as the API shows it. */
export function userObject(user: UserSummary): User {
  return {
    ...userState(user),
    status: memberStatus(user),
    token_count: user.tokenCount,
    last_used_at: timeOrNull(user.lastUsedAt),
    created_at: time(user.createdAt),
    invited_at: timeOrNull(user.invitedAt),
    joined_at: timeOrNull(user.joinedAt),
    disabled_at: user.disabled ? timeOrNull(user.disabledAt) : null,
  };
}

/** Returns the passkey as the API shows it, without the key. */
export function passkeyObject({ id, name, rpId, backedUp, createdAt, lastUsedAt }: PasskeyRecord): Passkey {
  const times = { created_at: time(createdAt), last_used_at: timeOrNull(lastUsedAt) };
  return { id, name, host: rpId, backed_up: backedUp, ...times };
}

/** Returns the member that a superuser has just added or invited. Reveals the secret of a link that was not mailed. */
export function invitedUserObject(user: UserSummary, invitation: Invitation | null): InvitedUser {
  return {
    ...userObject(user),
    invitation: invitation && {
      mailed: invitation.mailed,
      link: invitation.link?.reveal() ?? null,
      expires_at: timeOrNull(invitation.expiresAt),
    },
  };
}

/** Returns the fields of a service account that people and programs choose. Its ETag covers them. */
export function serviceAccountState(account: ServiceAccountSummary) {
  const { id, name, description, maintainers, disabled } = account;
  return { id, name, description, maintainers, groups: parseGroups(account.manualGroups), disabled };
}

/** Returns the service account as the API shows it. */
export function serviceAccountObject(account: ServiceAccountSummary): ServiceAccount {
  return {
    ...serviceAccountState(account),
    disabled_maintainers: account.disabledMaintainers,
    token_count: account.tokenCount,
    last_used_at: timeOrNull(account.lastUsedAt),
    created_at: time(account.createdAt),
  };
}

/** Returns the OAuth client as the API shows it. */
export function clientObject(client: ClientRecord): Client {
  return {
    id: client.id,
    client_id: client.clientId,
    name: client.name,
    can_revoke: client.canRevoke,
    can_report: client.canReport,
    created_at: time(client.createdAt),
  };
}

/** Returns the app as the API shows it: to members who are neither superusers nor auditors, only its name and URL. */
export function appObject(app: AppRecord, viewer: Operator): App {
  const { id, name, url, hosts, groups, preflight } = app;
  if (!readsEverything(viewer)) return { id, name, url };
  return { id, name, url, hosts, groups, max_expiry: app.maxExpirySeconds, preflight, created_at: time(app.createdAt) };
}

/** Returns the webhook as the API shows it, without its secret. */
export function webhookObject({ id, url, events, format, description, disabled, createdAt }: WebhookRecord): Webhook {
  return { id, url, events, format, description, disabled, created_at: time(createdAt) };
}

/** Returns the delivery as the API shows it. */
export function deliveryObject({ id, event, status, attempts, at, deliveredAt, error }: DeliveryRecord): Delivery {
  return { id, event, status, attempts, at: time(at), delivered_at: timeOrNull(deliveredAt), error };
}

/** Returns the audit event as the API shows it. */
export function auditObject(event: ListedAuditRecord): AuditEvent {
  return {
    id: event.id,
    at: time(event.at),
    actor: event.actor,
    action: event.action,
    target: { ...event.target, owner: event.tokenOwnerEmail },
    changes: event.changes ?? null,
    ip: event.ip,
    user_agent: event.userAgent,
  };
}

/** Returns the fields of a trust that its ETag covers. The rules hold IDs of apps, so that no name is looked up under a lock. */
export function trustState({ changedAt: _, createdAt: _created, ...state }: ListedTrust) {
  return state;
}

/** Returns the trust as the API shows it. `names` holds the apps of its rules. */
export function trustObject(trust: ListedTrust, names: AppNames): Trust {
  return { ...trustFields(trust, names), created_at: time(trust.createdAt) };
}
