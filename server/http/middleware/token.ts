import { ProblemError } from '../../../shared/problem.ts';
import type { VerifiedToken } from '../../domain/tokens/verify.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { ResponseProblem } from '../errors.ts';
import { readCredential } from '../verify/credential.ts';
import { credentialDenial, type Denial, denialHeaders, tokenDenial } from '../verify/denial.ts';

export type TokenDeps = Pick<AppDeps, 'verify' | 'seenValues'>;

/**
 * Verifies the personal API token of the request and sets it as `presentedToken`. Does not record a last use.
 * @throws ProblemError `invalid-token`
 */
export async function authenticateToken({ verify, seenValues }: TokenDeps, c: AppContext): Promise<void> {
  const credential = readCredential(rawHeadersOf(c));
  if (credential.kind !== 'value') throw invalidToken(credentialDenial(credential));
  const verdict = await verify('token', credential.value);
  if (!verdict.allowed) throw invalidToken(tokenDenial(verdict.reason), verdict.known);
  seenValues.record(verdict.token);
  c.set('presentedToken', verdict.token);
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
