import type { EditTrustBody, Trust } from '../../../shared/schemas/trusts.ts';
import type { ListedTrust, TrustRecord } from '../../store/records.ts';
import { isKey, type Operator } from '../caller.ts';
import type { AuditedFields } from '../changed-fields.ts';
import { type AppNames, showRules } from '../tokens/rules/shown-rules.ts';

/** Claims of a trust: their names, and the texts that they must match. */
export type TrustClaims = Readonly<Record<string, string>>;

/** Returns the claims of a trust. */
export function readClaims({ claims }: Pick<TrustRecord, 'claims'>): TrustClaims {
  return JSON.parse(claims) as TrustClaims;
}

/** Returns the fields of a body as the store names them, without the service account and the rules, which are IDs there. */
export function storedFields({
  issuer,
  audience,
  claims,
  ttl,
}: EditTrustBody): Partial<Pick<TrustRecord, 'issuer' | 'audience' | 'claims' | 'ttlSeconds'>> {
  return {
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(claims !== undefined && { claims: claimsText(claims) }),
    ...(ttl !== undefined && { ttlSeconds: ttl }),
  };
}

/** Returns claims as they are stored. Equal claims have equal texts. */
export function claimsText(claims: TrustClaims): string {
  const sorted = Object.entries(claims).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

/** Returns a trust as the API shows it, except its time. `names` holds the apps of its rules. */
export function trustFields(trust: ListedTrust, names: AppNames): Omit<Trust, 'created_at'> {
  const { apps, readOnly, allow } = showRules(trust, names);
  return {
    id: trust.id,
    name: trust.name,
    service_account: trust.serviceAccount,
    issuer: trust.issuer,
    audience: trust.audience,
    claims: { ...readClaims(trust) },
    apps: apps && [...apps],
    read_only: readOnly,
    allow: allow && [...allow],
    ttl: trust.ttlSeconds,
  };
}

/** Returns the fields of a trust as an audit event holds them: one entry of a list a line. */
export function auditedFields(trust: ListedTrust, names: AppNames): AuditedFields {
  const { service_account, issuer, audience, claims, apps, read_only, allow, ttl } = trustFields(trust, names);
  const list = (entries: readonly string[] | null) => entries && (entries.join('\n') || '(none)');
  return {
    service_account,
    issuer,
    internal_issuer: trust.mayBeInternal,
    audience,
    claims: list(Object.entries(claims).map(([name, value]) => `${name}=${value}`)),
    apps: list(apps),
    read_only,
    allow: list(allow),
    ttl: String(ttl),
  };
}

/** Returns whether the issuer may be internal after an edit: a superuser who sends it confirms it, even if it stays the same. */
export function mayBeInternal(operator: Operator, before: TrustRecord, { issuer }: EditTrustBody): boolean {
  if (issuer !== undefined && !isKey(operator)) return true;
  return before.mayBeInternal && (issuer === undefined || issuer === before.issuer);
}
