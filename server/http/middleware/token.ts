import { ProblemError } from '../../../shared/problem.ts';
import type { VerifiedToken } from '../../domain/tokens/verify.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { countedVerify } from '../counted-verify.ts';
import { Refusal } from '../errors.ts';
import { readCredential } from '../verify/credential.ts';
import { refusalHeaders, refuseCredential, refuseToken, type TokenRefusal } from '../verify/refusal.ts';

/** Verifies the personal API token of the request, without recording a use. @throws ProblemError `invalid-token` */
export async function authenticateToken(deps: AppDeps, c: AppContext): Promise<void> {
  const credential = readCredential(rawHeadersOf(c));
  if (credential.kind !== 'value') throw invalidToken(refuseCredential(credential));
  const decision = await countedVerify(deps, 'token', credential.value);
  if (!decision.allowed) throw invalidToken(refuseToken(decision.reason), decision.known);
  c.set('presentedToken', decision.token);
}

/** Refuses a token that was revoked since it was verified as the next request will be. @throws ProblemError `invalid-token` */
export function refuseIfGone({ prefix, name, ownerEmail: owner }: VerifiedToken): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ProblemError && error.code === 'token-not-found')) throw error;
    throw invalidToken(refuseToken('revoked'), { prefix, name, owner });
  };
}

function invalidToken({ detail, reason }: TokenRefusal, known: Refusal['token'] | null = null): Refusal {
  return new Refusal('invalid-token', detail, { headers: refusalHeaders(reason), ...(known && { token: known }) });
}
