import type { Scope } from '../../../shared/scopes.ts';
import { requireTokenNetwork } from '../../domain/tokens/rules/token-networks.ts';
import type { VerifiedToken } from '../../domain/tokens/verify.ts';
import { forwardedForOf } from '../client-ip.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import type { Credential } from '../verify/credential.ts';
import { fieldOf, type RawHeaders } from '../wire/raw-headers.ts';
import { observeRequest } from './observe-request.ts';

export type ManagementKeyDeps = Pick<AppDeps, 'clientIp' | 'clock' | 'lastUsed' | 'managementKeys' | 'deniedUses'>;

/** Reports whether a credential is in `Authorization: Bearer` or `Authorization: Token`, the only forms of a management key. */
export function isKeyForm(headers: RawHeaders, { field }: Extract<Credential, { kind: 'value' }>): boolean {
  return field === 'authorization' && /^\s*(?:bearer|token)\s/i.test(fieldOf(headers, 'authorization') ?? '');
}

/**
 * Admits a request with an active management key, and sets the key as its operator. Records the use. `scope` is the scope of the route,
 * or undefined if the route is closed to keys.
 * @throws ProblemError `network-denied`, `not-for-keys`, `scope-missing`
 */
export async function admitKey(
  deps: ManagementKeyDeps,
  c: AppContext,
  key: VerifiedToken,
  scope: Scope | undefined,
): Promise<void> {
  recordKeyUse(deps, c, key);
  c.set('operator', await deps.managementKeys.admit(key, scope, c.get('clientInfo')));
}

/** Records a use of a management key at the API, if it comes from an address that the key allows. @throws ProblemError `network-denied` */
export function recordKeyUse(
  deps: Pick<ManagementKeyDeps, 'clientIp' | 'clock' | 'lastUsed' | 'deniedUses'>,
  c: AppContext,
  key: VerifiedToken,
): void {
  requireClientNetwork(deps, c, key);
  // Access is checked again after a slow body. Both checks count as one use.
  if (c.get('keyUseRecorded')) return;
  c.set('keyUseRecorded', true);
  deps.lastUsed.record(key, deps.clock.now(), observeRequest(c));
}

/** Requires that the client's address is in the networks of a token. Records a denial. @throws ProblemError `network-denied` */
export function requireClientNetwork(
  { clientIp, deniedUses }: Pick<ManagementKeyDeps, 'clientIp' | 'deniedUses'>,
  c: AppContext,
  token: VerifiedToken,
): void {
  try {
    requireTokenNetwork(token, clientAddress(clientIp, c));
  } catch (error) {
    deniedUses.record(token.id, 'network', observeRequest(c));
    throw error;
  }
}

/**
 * Returns the client's address for rules about networks, or null if it is unknown. If a trusted proxy forwarded the request, only
 * the address that it reported counts. Otherwise, the peer is the client.
 */
function clientAddress(clientIp: AppDeps['clientIp'], c: AppContext): string | null {
  const peer = c.env?.incoming?.socket.remoteAddress;
  const forwardedFor = forwardedForOf(rawHeadersOf(c));
  const isForwarded = forwardedFor !== null && clientIp.isTrusted(peer);
  return isForwarded ? clientIp.reported(peer, forwardedFor) : clientIp.resolve(peer, null);
}
