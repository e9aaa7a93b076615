import { ProblemError } from '../../../shared/problem.ts';
import type { VerifiedToken } from '../../domain/tokens/verify.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { ResponseProblem } from '../errors.ts';
import { readCredential } from '../verify/credential.ts';
import { credentialDenial, type Denial, denialHeaders, tokenDenial } from '../verify/denial.ts';
import { isKeyForm, type ManagementKeyDeps, recordKeyUse, requireClientNetwork } from './management-key.ts';
import { observeRequest } from './observe-request.ts';

export type TokenDeps = Pick<AppDeps, 'verify' | 'seenValues'> & Omit<ManagementKeyDeps, 'managementKeys'>;

/**
 * Verifies the token of the request and sets it as `presentedToken`. Records a last use only of a management key, which is used nowhere
 * else. A key, and a token that changes its value, must come from one of the networks of its rules.
 * @throws ProblemError `invalid-token`, `network-denied`
 */
export async function authenticateToken(deps: TokenDeps, c: AppContext): Promise<void> {
  const headers = rawHeadersOf(c);
  const credential = readCredential(headers);
  if (credential.kind !== 'value') throw invalidToken(credentialDenial(credential));
  const verdict = await deps.verify('token', credential.value, () => observeRequest(c));
  if (!verdict.allowed) throw invalidToken(tokenDenial(verdict.reason), verdict.known);
  const { token } = verdict;
  deps.seenValues.record(token);
  if (token.manage !== null) {
    if (!isKeyForm(headers, credential)) throw invalidToken(tokenDenial('unknown'));
    recordKeyUse(deps, c, token);
  } else if (c.req.method === 'POST') {
    requireClientNetwork(deps, c, token);
  }
  c.set('presentedToken', token);
}

/**
 * Returns an error handler for a token that was revoked after this request verified it. The response is the same as for the
 * next request with that token.
 * @throws ProblemError `invalid-token` in place of `token-not-found`
 */
export function rejectIfRevoked({ prefix, name, ownerEmail: owner }: VerifiedToken): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ProblemError && error.code === 'token-not-found')) throw error;
    throw invalidToken(tokenDenial('revoked'), { prefix, name, owner });
  };
}

function invalidToken({ detail, reason }: Denial, known: ResponseProblem['token'] | null = null): ResponseProblem {
  const headers = denialHeaders(reason);
  return new ResponseProblem('invalid-token', detail, { headers, ...(known && { token: known }) });
}
