import type { EditTokenBody } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { type BoundingApp, type ExpiryPolicy, policyFor, resolveExpiry } from '../expiry.ts';

/** The bounds of the expiry of an edited token. */
interface Bounds {
  policy: ExpiryPolicy;
  /** The apps that the token is restricted to after the edit. */
  apps: readonly BoundingApp[];
  /** Whether the edit restricts the token to an app that its rules did not name before. */
  newApp: boolean;
}

const noPolicy: ExpiryPolicy = { maxSeconds: null, defaultSeconds: null };

/**
 * Returns the expiry after an edit, or nothing if it stays.
 *
 * Accepts a chosen expiry before the present one even if the organization's maximum has become shorter since; an app's maximum
 * always counts. Choosing the present expiry again changes nothing. Otherwise, an edit that is repeated every day would shorten the
 * lifetime without an event. If none is chosen, a new app cuts the expiry to its maximum.
 * @throws ProblemError `invalid-fields`
 */
export function editedExpiry(
  token: Pick<TokenRecord, 'expiresAt'>,
  body: Pick<EditTokenBody, 'expires_in' | 'expires_at'>,
  { policy, apps, newApp }: Bounds,
  now: number,
): Partial<Pick<TokenRecord, 'expiresAt' | 'lifetimeMs'>> {
  const ofApps = policyFor(noPolicy, apps);
  if (body.expires_in === undefined && body.expires_at === undefined) return cutTo(ofApps.maxSeconds, token, now);
  const expiresAt = resolveExpiry(body, noPolicy, now);
  if (expiresAt === token.expiresAt && !newApp) return {};
  const isShorter = expiresAt !== null && (token.expiresAt === null || expiresAt < token.expiresAt);
  resolveExpiry(body, isShorter ? ofApps : policyFor(policy, apps), now);
  return expiresAt === token.expiresAt ? {} : { expiresAt, lifetimeMs: expiresAt === null ? null : expiresAt - now };
}

function cutTo(maxSeconds: number | null, { expiresAt }: Pick<TokenRecord, 'expiresAt'>, now: number) {
  if (maxSeconds === null) return {};
  const lifetimeMs = maxSeconds * 1000;
  return expiresAt === null || expiresAt > now + lifetimeMs ? { expiresAt: now + lifetimeMs, lifetimeMs } : {};
}
