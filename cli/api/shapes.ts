import type { AuditEvent } from '../../shared/schemas/audit.ts';
import type { Client, CreatedClient } from '../../shared/schemas/clients.ts';
import type { TokenReport } from '../../shared/schemas/reports.ts';
import type { Decision } from '../../shared/schemas/rules.ts';
import type { CreatedSession, Session } from '../../shared/schemas/sessions.ts';
import type { CreatedToken, PresentedToken, Token } from '../../shared/schemas/tokens.ts';
import type { PreparedTotp } from '../../shared/schemas/totp.ts';
import type { Usage } from '../../shared/schemas/usage.ts';
import type { InvitedUser, User } from '../../shared/schemas/users.ts';

/**
 * Checks a response body. Returns null if `value` has the shape of a `T`. Otherwise returns the path of the first wrong
 * field and its expected type, such as `.items[0].created_at is not a time`. The path of the body itself is empty.
 *
 * These checks replace the zod schemas in `shared/schemas/`, for two reasons. Loading zod would add 35 to 50 ms to a
 * command that takes 160 ms. The schemas would also reject values that a newer server adds to an enum, such as a token
 * status. `shapes.test.ts` compares each shape with its schema. A field that a later release adds must be optional
 * here, because an older daemon does not send it.
 */
export interface Shape<T> {
  (value: unknown): string | null;
  /** Never set. Lets the type checker accept a `Shape<string>` for a field with a narrower string type. */
  readonly accepts?: (value: T) => void;
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/;

const text = check<string>('a string', (value) => typeof value === 'string');
const flag = check<boolean>('a boolean', (value) => typeof value === 'boolean');
const integer = check<number>('an integer', (value) => Number.isSafeInteger(value));
const day = check<string>(
  'a date',
  (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
);
const time = check<string>(
  'a time',
  (value) => typeof value === 'string' && timePattern.test(value) && !Number.isNaN(Date.parse(value)),
);

const lastUsed = object<NonNullable<Token['last_used']>>({
  at: time,
  method: nullable(text),
  path: nullable(text),
  ip: nullable(text),
  user_agent: nullable(text),
});

export const tokenShape = object<Token>({
  id: text,
  name: text,
  prefix: text,
  description: nullable(text),
  owner: text,
  created_at: time,
  expires_at: nullable(time),
  status: text,
  last_used: nullable(lastUsed),
  rotated_at: optional(nullable(time)),
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
  routes: array(object<Usage['routes'][number]>({ method: nullable(text), path: text, ...seenShape })),
  networks: array(object<Usage['networks'][number]>({ network: text, ...seenShape })),
  agents: array(object<Usage['agents'][number]>({ agent: text, ...seenShape })),
});

export const tokenReportShape = object<TokenReport>({
  active: integer,
  never_expiring: integer,
  never_used: integer,
  unused: integer,
  unrotated: integer,
  expiring: integer,
  owner_disabled: integer,
});

export const userShape = object<User>({
  id: text,
  email: text,
  name: text,
  superuser: flag,
  status: optional(text),
  disabled: flag,
  can_manage_tokens: flag,
  sso: flag,
  groups: optional(array(object<User['groups'][number]>({ name: text, source: text }))),
  token_count: integer,
  last_used_at: nullable(time),
  created_at: time,
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

export const sessionShape = object<Session>({ id: text, created_at: time, expires_at: time, idle_expires_at: time });

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
  created_at: time,
});

export const createdClientShape = both<CreatedClient>(clientShape, object({ client_secret: text }));

const changedValue = nullable(
  check<string | boolean>('a string or a boolean', (value) => typeof value === 'string' || typeof value === 'boolean'),
);

export const auditEventShape = object<AuditEvent>({
  id: text,
  at: time,
  actor: object<AuditEvent['actor']>({ kind: text, id: nullable(text), email: nullable(text) }),
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

function check<T>(what: string, accepts: (value: unknown) => boolean): Shape<T> {
  return (value) => (accepts(value) ? null : ` is not ${what}`);
}

function object<T>(fields: { [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const entries = Object.entries<Shape<never>>(fields);
  return (value) => {
    if (typeof value !== 'object' || value === null) return ' is not an object';
    for (const [name, shape] of entries) {
      const mismatch = shape((value as Record<string, unknown>)[name]);
      if (mismatch !== null) return `.${name}${mismatch}`;
    }
    return null;
  };
}

function array<T>(item: Shape<T>): Shape<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return ' is not an array';
    for (const [index, element] of value.entries()) {
      const mismatch = item(element);
      if (mismatch !== null) return `[${index}]${mismatch}`;
    }
    return null;
  };
}

/** Accepts an object with any names. */
function record<T>(item: Shape<T>): Shape<Record<string, T>> {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return ' is not an object';
    return object(Object.fromEntries(Object.keys(value).map((name) => [name, item])))(value);
  };
}

function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? null : shape(value));
}

/** A field that older daemons do not send. */
function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? null : shape(value));
}

function both<T>(first: Shape<T>, second: Shape<T>): Shape<T> {
  return (value) => first(value) ?? second(value);
}
