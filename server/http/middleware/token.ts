import { ProblemError } from '../../../shared/problem.ts';
import type { VerifiedToken } from '../../domain/tokens/verify.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { countedVerify } from '../counted-verify.ts';
import { ResponseProblem } from '../errors.ts';
import { readCredential } from '../verify/credential.ts';
import { refusalHeaders, refuseCredential, refuseToken, type TokenRefusal } from '../verify/refusal.ts';

export type TokenDeps = Pick<AppDeps, 'verify' | 'metrics'>;

/**
 * Verifies the personal API token that the request presents, without recording a use.
 * @throws ProblemError `invalid-token`
 */
export async function authenticateToken(deps: TokenDeps, c: AppContext): Promise<void> {
  const credential = readCredential(rawHeadersOf(c));
  if (credential.kind !== 'value') throw invalidToken(refuseCredential(credential));
  const verdict = await countedVerify(deps, 'token', credential.value);
  if (!verdict.allowed) throw invalidToken(refuseToken(verdict.reason), verdict.known);
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
    throw invalidToken(refuseToken('revoked'), { prefix, name, owner });
  };
}

function invalidToken(
  { detail, reason }: TokenRefusal,
  known: ResponseProblem['token'] | null = null,
): ResponseProblem {
  return new ResponseProblem('invalid-token', detail, {
    headers: refusalHeaders(reason),
    ...(known && { token: known }),
  });
}
