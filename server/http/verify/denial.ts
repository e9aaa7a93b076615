import type { ForbidReason } from '../../domain/tokens/rules/evaluate.ts';
import type { DenyReason } from '../../domain/tokens/verify.ts';
import type { Credential } from './credential.ts';
import { malformedDetails } from './credential-fields.ts';

/** The content of a 401. `detail` is DRF's text. `reason` is null if the request has no credential. */
export interface Denial {
  detail: string;
  reason: DenyReason | null;
}

/** Returns the denial of a request whose credential is missing or cannot be read, or that has more than one. */
export function credentialDenial(credential: Exclude<Credential, { kind: 'value' }>): Denial {
  switch (credential.kind) {
    case 'none':
      return { detail: 'Authentication credentials were not provided.', reason: null };
    case 'malformed':
      return {
        detail: malformedDetails[credential.problem],
        reason: credential.problem === 'empty' ? null : 'unknown',
      };
    case 'ambiguous':
      return tokenDenial('unknown');
  }
}

/** Returns the denial of a token that was verified. */
export function tokenDenial(reason: DenyReason): Denial {
  return { detail: reason === 'disabled' ? 'User inactive or deleted.' : 'Invalid token.', reason };
}

/**
 * The challenges that a 401 offers. `any`: the two schemes of the native API. `basic`: only Basic, for clients that send a
 * password after such a challenge, or that fail if they also see a scheme that they do not know.
 */
export type ChallengeChoice = 'any' | 'basic';

/** Returns the challenges in order. Each is sent in its own field (RFC 9110 §11.6.1, RFC 6750 §3). */
function challenges(reason: DenyReason | null, choice: ChallengeChoice): string[] {
  if (choice === 'basic') return ['Basic realm="tokensd"'];
  const error = reason === null ? '' : `, error="invalid_token", error_description="${reason}"`;
  return ['Token', `Bearer realm="tokensd"${error}`];
}

/**
 * Returns the header fields of a 401 in order, without those that describe the body. `WWW-Authenticate` appears once for
 * each challenge.
 */
export function denialHeaders(reason: DenyReason | null, choice: ChallengeChoice = 'any'): Array<[string, string]> {
  const fields = challenges(reason, choice).map((challenge): [string, string] => ['WWW-Authenticate', challenge]);
  fields.push(['Cache-Control', 'no-store']);
  if (reason !== null) fields.push(['X-Tokens-Reason', reason]);
  return fields;
}

/** All header fields of a response, and its body. */
export interface DenialResponse {
  headers: Array<[string, string]>;
  body: string;
}

/** Returns a 401 with DRF's compact JSON body. */
export function denialResponse({ detail, reason }: Denial, choice: ChallengeChoice): DenialResponse {
  return withDetail(denialHeaders(reason, choice), detail);
}

/**
 * Returns a 403, as DRF words it. Its challenge is the same with `?challenge=basic`, because a client that is challenged to Basic would
 * ask for another password.
 */
export function forbiddenResponse(reason: ForbidReason): DenialResponse {
  const challenge = `Bearer realm="tokensd", error="insufficient_scope", error_description="${reason}"`;
  const headers: Array<[string, string]> = [
    ['WWW-Authenticate', challenge],
    ['Cache-Control', 'no-store'],
    ['X-Tokens-Reason', reason],
  ];
  return withDetail(headers, 'You do not have permission to perform this action.');
}

function withDetail(headers: Array<[string, string]>, detail: string): DenialResponse {
  const body = JSON.stringify({ detail });
  const length = String(Buffer.byteLength(body));
  return { headers: [...headers, ['Content-Type', 'application/json'], ['Content-Length', length]], body };
}
