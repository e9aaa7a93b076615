import type { DenyReason } from '../../domain/tokens/verify.ts';
import { type Credential, malformedDetails } from './credential.ts';

/** A 401 as DRF words it. `reason` is null if no credential was presented: then no reason is told. */
export interface TokenRefusal {
  detail: string;
  reason: DenyReason | null;
}

/** Why a request without a readable credential is refused. */
export function refuseCredential(credential: Exclude<Credential, { kind: 'value' }>): TokenRefusal {
  switch (credential.kind) {
    case 'none':
      return { detail: 'Authentication credentials were not provided.', reason: null };
    case 'malformed':
      return {
        detail: malformedDetails[credential.problem],
        reason: credential.problem === 'empty' ? null : 'unknown',
      };
    case 'ambiguous':
      return refuseToken('unknown');
  }
}

/** Why a presented value is refused. */
export function refuseToken(reason: DenyReason): TokenRefusal {
  return { detail: reason === 'disabled' ? 'User inactive or deleted.' : 'Invalid token.', reason };
}

/** The two challenges, in order, one field each (RFC 9110 §11.6.1, RFC 6750 §3). */
export function challenges(reason: DenyReason | null): [string, string] {
  const error = reason === null ? '' : `, error="invalid_token", error_description="${reason}"`;
  return ['Token', `Bearer realm="tokensd"${error}`];
}

/** Header fields of a token's 401, in order; `WWW-Authenticate` comes twice. Says nothing about the body. */
export function refusalHeaders(reason: DenyReason | null): Array<[string, string]> {
  const fields = challenges(reason).map((challenge): [string, string] => ['WWW-Authenticate', challenge]);
  fields.push(['Cache-Control', 'no-store']);
  if (reason !== null) fields.push(['X-Tokens-Reason', reason]);
  return fields;
}

/** A whole 401: its header fields, and DRF's compact body. */
export function refusalAnswer({ detail, reason }: TokenRefusal): { headers: Array<[string, string]>; body: string } {
  const body = JSON.stringify({ detail });
  const content: Array<[string, string]> = [
    ['Content-Type', 'application/json'],
    ['Content-Length', String(Buffer.byteLength(body))],
  ];
  return { headers: [...refusalHeaders(reason), ...content], body };
}
