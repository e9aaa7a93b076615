/** The meaning of each scope of a management key. A `write` includes its `read`. */
export const scopeDescriptions = {
  'tokens:read': "Read every owner's tokens, their usage and the report.",
  'tokens:write': "Create, change and revoke service accounts' tokens. Pause and revoke members' tokens.",
  'users:read': 'Read members.',
  'users:write': 'Add, change, offboard and delete members who are not superusers.',
  'service-accounts': 'Manage service accounts.',
  apps: 'Manage apps.',
  clients: 'Manage OAuth clients.',
  'audit:read': 'Read the audit log.',
  trusts: 'Manage trusts. A key with this scope can obtain tokens of any service account.',
  webhooks: 'Manage webhooks. A key with this scope can receive the audit events.',
  leaks: 'Report leaked values, and ask which values are live.',
} as const satisfies Record<string, string>;

export type Scope = keyof typeof scopeDescriptions;

/** Every scope, in the order in which they are listed. */
export const scopes = Object.keys(scopeDescriptions) as [Scope, ...Scope[]];

const includedScopes: Partial<Record<Scope, Scope>> = { 'tokens:write': 'tokens:read', 'users:write': 'users:read' };

/** Reports whether these scopes allow what `needed` allows. */
export function hasScope(held: readonly Scope[], needed: Scope): boolean {
  return held.some((scope) => scope === needed || includedScopes[scope] === needed);
}

/** Returns the scopes of a token as they are stored: separated by spaces, or null for a token that is not a management key. */
export function splitScopes(stored: string | null): Scope[] {
  return stored === null ? [] : (stored.split(' ') as Scope[]);
}
