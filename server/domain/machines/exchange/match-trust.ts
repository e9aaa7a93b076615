import type { ListedTrust } from '../../../store/records.ts';
import { hashSecret } from '../../secrets.ts';
import { readClaims } from '../trust-fields.ts';
import { claimMismatch, namedMismatch, unacceptable } from './exchange-error.ts';
import type { SubjectClaims } from './subject-token.ts';

/**
 * Chooses the trust that accepts a subject token, among the trusts in its issuer. `name` selects the one of that name.
 * @throws ExchangeError if none accepts it, or if several do and none was named
 */
export function chooseTrust(
  trusts: readonly ListedTrust[],
  claims: SubjectClaims,
  { name, publicUrl }: { name: string | undefined; publicUrl: string },
): ListedTrust {
  const checked = trusts.map((trust) => ({ trust, mismatches: mismatchesOf(trust, claims, publicUrl) }));
  if (name !== undefined) return requireNamed(checked, name);
  const [accepting, another] = checked.filter(({ mismatches }) => mismatches.length === 0);
  if (another !== undefined)
    throw unacceptable('Several trusts accept this subject token. Name one of them with trust.');
  if (accepting !== undefined) return accepting.trust;
  const [closest] = checked.sort((one, other) => one.mismatches.length - other.mismatches.length);
  throw claimMismatch(closest?.mismatches[0] ?? 'iss');
}

interface Checked {
  trust: ListedTrust;
  mismatches: string[];
}

/**
 * Returns the trust of this name. An unknown name is refused as one of the other trusts would refuse the token, always the same one for
 * the same name. Otherwise anyone with an identity token of the issuer, such as every user of GitHub, could find out which names exist.
 * @throws ExchangeError
 */
function requireNamed(checked: readonly Checked[], name: string): ListedTrust {
  const named = checked.find(({ trust }) => trust.name === name);
  if (named?.mismatches.length === 0) return named.trust;
  const { trust, mismatches } = named ?? standIn(checked, name);
  const [claim = 'sub'] = mismatches.length > 0 ? mismatches : Object.keys(readClaims(trust));
  throw namedMismatch(claim);
}

/** Chooses a trust by a name that none has. Nobody outside can foresee the choice, because it also depends on the IDs of the trusts. */
function standIn(checked: readonly Checked[], name: string): Checked {
  const rank = ({ trust }: Checked) => hashSecret(JSON.stringify([trust.id, name]));
  return checked.reduce((best, other) => (rank(other) < rank(best) ? other : best));
}

/** Returns the names of the claims of a token that do not match a trust. */
function mismatchesOf(trust: ListedTrust, claims: SubjectClaims, publicUrl: string): string[] {
  const wanted = Object.entries(readClaims(trust));
  return [
    ...(hasAudience(claims.aud, trust.audience ?? publicUrl) ? [] : ['aud']),
    ...wanted.filter(([claim, pattern]) => !matches(claimText(claims, claim), pattern)).map(([claim]) => claim),
  ];
}

function hasAudience(audience: unknown, wanted: string): boolean {
  return Array.isArray(audience) ? audience.includes(wanted) : audience === wanted;
}

/** Returns a claim as text, or null if it is missing, a list or an object. */
export function claimText(claims: SubjectClaims, name: string): string | null {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** Reports whether a text is the pattern, or begins with the part before a final `*` and goes on. */
function matches(text: string | null, pattern: string): boolean {
  if (text === null) return false;
  if (!pattern.endsWith('*')) return text === pattern;
  const start = pattern.slice(0, -1);
  return text.length > start.length && text.startsWith(start);
}
