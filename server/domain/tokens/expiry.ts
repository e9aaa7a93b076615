import { ProblemError } from '../../../shared/problem.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens/tokens.ts';
import type { TokenRecord } from '../../store/records.ts';

/** The organization's rules for when tokens expire. Null means no rule. */
export interface ExpiryPolicy {
  maxSeconds: number | null;
  defaultSeconds: number | null;
  /** The name of the app whose maximum this is. Missing if it is the organization's. */
  app?: string;
}

/** An app with the longest life of tokens that are restricted to it. */
export interface BoundingApp {
  name: string;
  maxExpirySeconds: number | null;
}

/**
 * Returns the policy for a token that is restricted to apps: the shortest maximum counts. The organization's default is cut to the
 * maximum of an app, because nobody asked for it.
 */
export function policyFor(policy: ExpiryPolicy, apps: readonly BoundingApp[]): ExpiryPolicy {
  let strictest = policy;
  for (const { name: app, maxExpirySeconds: maxSeconds } of apps) {
    if (maxSeconds === null || (strictest.maxSeconds !== null && strictest.maxSeconds <= maxSeconds)) continue;
    const defaultSeconds = policy.defaultSeconds === null ? null : Math.min(policy.defaultSeconds, maxSeconds);
    strictest = { maxSeconds, defaultSeconds, app };
  }
  return strictest;
}

/** What the lifetime of a token depends on. */
export type LivingToken = Pick<TokenRecord, 'lifetimeMs' | 'createdAt' | 'expiresAt' | 'expiryCut'>;

type RequestedExpiry = Pick<CreateTokenBody, 'expires_in' | 'expires_at'>;

/**
 * Returns when a new token expires, in epoch milliseconds, or null if it never does. A request without an expiry gets the
 * default, else the maximum, else none. A requested expiry is never shortened.
 * @throws ProblemError `invalid-fields` if the expiry is in the past or exceeds the maximum
 */
export function resolveExpiry(requested: RequestedExpiry, policy: ExpiryPolicy, now: number): number | null {
  const expiresAt = requestedExpiry(requested, policy, now);
  const pointer = requested.expires_at === undefined ? '/expires_in' : '/expires_at';
  if (expiresAt !== null && expiresAt <= now) throw invalidExpiry(pointer, 'The expiry must be in the future.');
  if (policy.maxSeconds !== null && (expiresAt === null || expiresAt > now + policy.maxSeconds * 1000)) {
    const where = policy.app === undefined ? 'here' : `for ${policy.app}`;
    const detail = `Tokens ${where} must expire within ${span(policy.maxSeconds)}. Choose an earlier expiry.`;
    throw invalidExpiry(pointer, detail);
  }
  return expiresAt;
}

/**
 * Returns the expiry of a new token, and the span until then. See `resolveExpiry`.
 * @throws ProblemError `invalid-fields`, also if the token shall rotate itself and never expires
 */
export function chooseExpiry(
  requested: RequestedExpiry & Pick<CreateTokenBody, 'self_rotate'>,
  policy: ExpiryPolicy,
  now: number,
): Pick<TokenRecord, 'expiresAt' | 'lifetimeMs'> {
  const expiresAt = resolveExpiry(requested, policy, now);
  if (expiresAt !== null) return { expiresAt, lifetimeMs: expiresAt - now };
  if (requested.self_rotate) throw selfRotateNeedsExpiry();
  return { expiresAt, lifetimeMs: null };
}

/**
 * Returns the expiry of a token after a rotation. Unless the request chooses one, a token that never expires stays so, and any other
 * lives again for its lifetime. The policy's maximum limits both.
 * @throws ProblemError `invalid-fields`
 */
export function rotatedExpiry(
  token: LivingToken & Pick<TokenRecord, 'selfRotate'>,
  requested: RequestedExpiry,
  policy: ExpiryPolicy,
  now: number,
): Pick<TokenRecord, 'expiresAt' | 'lifetimeMs'> {
  if (requested.expires_in !== undefined || requested.expires_at !== undefined) {
    return chooseExpiry({ ...requested, self_rotate: token.selfRotate }, policy, now);
  }
  const spans = [lifetimeOf(token), policy.maxSeconds === null ? null : policy.maxSeconds * 1000];
  const lifetimeMs = Math.min(...spans.map((span) => span ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(lifetimeMs)
    ? { expiresAt: now + lifetimeMs, lifetimeMs }
    : { expiresAt: null, lifetimeMs: null };
}

/**
 * Returns the span, in milliseconds, between the last choice of a token's expiry and that expiry. Returns null if the token never
 * expires, or has an expiry only until its next rotation. Earlier releases did not store the span, and chose the expiry once, at creation.
 */
export function lifetimeOf({ lifetimeMs, createdAt, expiresAt, expiryCut }: LivingToken): number | null {
  if (lifetimeMs !== null) return lifetimeMs;
  return expiresAt === null || expiryCut ? null : expiresAt - createdAt;
}

/**
 * Cuts the expiry of a token to `latest`. Its lifetime stays what it was, so that its next rotation gives the token its full life back.
 */
export function cutExpiry(
  token: LivingToken,
  latest: number,
): Pick<TokenRecord, 'expiresAt' | 'lifetimeMs' | 'expiryCut'> {
  const { expiresAt, lifetimeMs, expiryCut } = token;
  if (expiresAt !== null && expiresAt <= latest) return { expiresAt, lifetimeMs, expiryCut };
  const lifetime = lifetimeOf(token);
  return { expiresAt: latest, lifetimeMs: lifetime, expiryCut: lifetime === null };
}

export function selfRotateNeedsExpiry(): ProblemError {
  const detail =
    'A token that rotates itself needs an expiry, so that it stops working once nothing rotates it any more. Choose an expiry.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/self_rotate', detail }] });
}

function requestedExpiry(requested: RequestedExpiry, policy: ExpiryPolicy, now: number): number | null {
  if (requested.expires_in === null || requested.expires_at === null) return null;
  if (requested.expires_at !== undefined) return Date.parse(requested.expires_at);
  const seconds = requested.expires_in ?? policy.defaultSeconds ?? policy.maxSeconds;
  return seconds === null ? null : now + seconds * 1000;
}

/** Returns a phrase such as `90 days`, in the largest unit of which the span is a whole number. */
function span(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ] as const;
  const [size, unit] = units.find(([size]) => seconds % size === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function invalidExpiry(pointer: string, detail: string): ProblemError {
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer, detail }] });
}
