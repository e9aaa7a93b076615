import type { Client, CreatedClient } from '../../shared/schemas/accounts/clients.ts';
import type { OffboardedUser } from '../../shared/schemas/accounts/offboarding.ts';
import type { InvitedUser, User } from '../../shared/schemas/accounts/users.ts';
import type { App } from '../../shared/schemas/apps.ts';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import type { CreatedSession } from '../../shared/schemas/sign-in/sessions.ts';
import type { PreparedTotp } from '../../shared/schemas/sign-in/totp.ts';
import type { TokenReport } from '../../shared/schemas/tokens/reports.ts';
import type { RequestTest } from '../../shared/schemas/tokens/request-tests.ts';
import type { Decision } from '../../shared/schemas/tokens/rules.ts';
import type { Suggestion } from '../../shared/schemas/tokens/suggestion.ts';
import type { CreatedToken, DeniedRequest, PresentedToken, Token } from '../../shared/schemas/tokens/tokens.ts';
import type { Usage } from '../../shared/schemas/tokens/usage.ts';
import {
  array,
  both,
  check,
  day,
  flag,
  integer,
  nullable,
  object,
  omittable,
  optional,
  record,
  type Shape,
  text,
  time,
} from './shape.ts';

export const lastUsed = object<NonNullable<Token['last_used']>>({
  at: time,
  method: nullable(text),
  path: nullable(text),
  ip: nullable(text),
  user_agent: nullable(text),
});

export const deniedRequest = both<DeniedRequest>(
  lastUsed,
  object<Pick<DeniedRequest, 'reason' | 'app'>>({ reason: text, app: nullable(text) }),
);

export const tokenShape = object<Token>({
  id: text,
  name: text,
  prefix: text,
  description: nullable(text),
  owner: text,
  owner_kind: optional(text),
  created_at: time,
  expires_at: nullable(time),
  status: text,
  last_used: nullable(lastUsed),
  last_denied: optional(nullable(deniedRequest)),
  rotated_at: optional(nullable(time)),
  previous_used_at: optional(nullable(time)),
  previous: optional(
    nullable(
      object<NonNullable<Token['previous']>>({ prefix: text, valid_until: time, last_used: nullable(lastUsed) }),
    ),
  ),
  paused: optional(
    nullable(
      object<NonNullable<Token['paused']>>({
        at: time,
        until: nullable(time),
        reason: nullable(text),
        by: nullable(text),
      }),
    ),
  ),
  self_rotate: optional(flag),
  lifetime: optional(nullable(integer)),
  quiet_networks: optional(flag),
  manage: optional(array(text)),
  canary: optional(flag),
  apps: optional(nullable(array(text))),
  read_only: optional(flag),
  allow: optional(nullable(array(text))),
  networks: optional(nullable(array(text))),
  enforce: optional(flag),
});

export const presentedTokenShape = both<PresentedToken>(
  tokenShape,
  object<Pick<PresentedToken, 'decision'>>({
    decision: optional(object<Decision>({ allowed: flag, reason: nullable(text), would_deny: nullable(text) })),
  }),
);

export const createdTokenShape = both<CreatedToken>(tokenShape, object({ token: text }));

const seenShape = { count: integer, first_at: time, last_at: time };

export const usageShape = object<Usage>({
  days: array(object<Usage['days'][number]>({ date: day, allowed: integer, denied: integer })),
  denied: record(integer),
  would_deny: optional(record(integer)),
  denied_requests: optional(array(deniedRequest)),
  routes: array(object<Usage['routes'][number]>({ method: nullable(text), path: text, ...seenShape })),
  networks: array(object<Usage['networks'][number]>({ network: text, ...seenShape })),
  agents: array(object<Usage['agents'][number]>({ agent: text, ...seenShape })),
  would_deny_routes: optional(
    array(
      object<Usage['would_deny_routes'][number]>({ method: nullable(text), path: text, reason: text, ...seenShape }),
    ),
  ),
});

export const requestTestShape = object<RequestTest>({
  verdict: text,
  deny_reason: nullable(text),
  would_deny: nullable(text),
  rule: nullable(text),
  not_checked: array(text),
});

export const suggestionShape = object<Suggestion>({
  apps: nullable(array(text)),
  read_only: flag,
  allow: nullable(array(text)),
  networks: nullable(array(text)),
  uses: integer,
  covers: array(object<Suggestion['covers'][number]>({ rule: text, uses: integer })),
  omitted: array(object<Suggestion['omitted'][number]>({ rule: text, reason: text })),
});

export const tokenReportShape = object<TokenReport>({
  active: integer,
  never_expiring: integer,
  never_used: integer,
  unused: integer,
  unrotated: integer,
  expiring: integer,
  owner_disabled: integer,
  orphaned: optional(integer),
  as_of: optional(time),
});

export const userShape = object<User>({
  id: text,
  email: text,
  name: text,
  superuser: flag,
  auditor: optional(flag),
  status: optional(text),
  disabled: flag,
  can_manage_tokens: flag,
  sso: flag,
  groups: optional(array(object<User['groups'][number]>({ name: text, source: text }))),
  token_count: integer,
  last_used_at: nullable(time),
  created_at: time,
  invited_at: optional(nullable(time)),
  joined_at: optional(nullable(time)),
  disabled_at: optional(nullable(time)),
});

export const offboardedShape = object<OffboardedUser>({
  transferred: integer,
  revoked: integer,
  known: nullable(
    array(
      object<NonNullable<OffboardedUser['known']>[number]>({
        ...{ id: text, name: text, prefix: text, owner: text, manage: array(text) },
      }),
    ),
  ),
});

export const invitedUserShape = both<InvitedUser>(
  userShape,
  object<Pick<InvitedUser, 'invitation'>>({
    invitation: optional(
      nullable(
        object<NonNullable<InvitedUser['invitation']>>({
          mailed: flag,
          link: nullable(text),
          expires_at: nullable(time),
        }),
      ),
    ),
  }),
);

export const createdSessionShape = object<CreatedSession>({
  id: text,
  secret: text,
  expires_at: time,
  user: userShape,
});

export const clientShape = object<Client>({
  id: text,
  client_id: text,
  name: text,
  can_revoke: flag,
  can_report: optional(flag),
  created_at: time,
});

export const createdClientShape = both<CreatedClient>(clientShape, object({ client_secret: text }));

/** Members who are not superusers receive only the first three fields. */
export const appShape = object<App>({
  id: text,
  name: text,
  url: nullable(text),
  hosts: omittable(array(text)),
  groups: omittable(array(text)),
  max_expiry: omittable(nullable(integer)),
  preflight: omittable(text),
  created_at: omittable(time),
});

const changedValue = nullable(
  check<string | boolean>('a string or a boolean', (value) => typeof value === 'string' || typeof value === 'boolean'),
);

export const auditEventShape = object<AuditEvent>({
  id: text,
  at: time,
  actor: object<AuditEvent['actor']>({ kind: text, id: nullable(text), email: nullable(text), token: optional(text) }),
  action: text,
  target: object<AuditEvent['target']>({
    kind: text,
    id: nullable(text),
    name: nullable(text),
    owner: optional(nullable(text)),
  }),
  changes: optional(
    nullable(
      array(object<NonNullable<AuditEvent['changes']>[number]>({ field: text, from: changedValue, to: changedValue })),
    ),
  ),
  ip: nullable(text),
  user_agent: nullable(text),
});

export const preparedTotpShape = object<PreparedTotp>({ secret: text, uri: text });

export const recoveryCodesShape = object<{ recovery_codes: string[] }>({ recovery_codes: array(text) });

/** Returns the shape of one page of a list. */
export function pageShape<T>(item: Shape<T>): Shape<{ items: T[]; next_cursor: string | null }> {
  return object<{ items: T[]; next_cursor: string | null }>({ items: array(item), next_cursor: nullable(text) });
}
