import type { TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Operator } from '../../caller.ts';
import { findToken, tokenNotFound } from '../find.ts';
import type { GateRequest, RequestVerdict, Verification } from '../verify.ts';
import { decidingRule } from './deciding-rule.ts';
import { findAppNames } from './shown-rules.ts';

/** What verification decides about a request with a token, and the rule or status that decides it. */
export interface TestedRequest {
  verdict: RequestVerdict;
  rule: string | null;
}

export interface RequestTests {
  /**
   * Decides about a request with the current value of a token, as verification does. Records nothing. Those who may see the token may test it.
   * @throws ProblemError `token-not-found`, `scope-missing`
   */
  of(operator: Operator, tokenId: string, request: GateRequest): Promise<TestedRequest>;
  /** Does the same for a token that the caller may see. */
  ofToken(token: TokenRecord, request: GateRequest): Promise<TestedRequest>;
}

interface RequestTestDeps {
  store: Store;
  verification: Pick<Verification, 'judgeHash'>;
}

export function createRequestTests({ store, verification }: RequestTestDeps): RequestTests {
  async function ofToken(token: TokenRecord, request: GateRequest): Promise<TestedRequest> {
    const hash = await store.tokens.hashOf(token.id);
    if (hash === null) throw tokenNotFound();
    const verdict = await verification.judgeHash(hash, request);
    return { verdict, rule: decidingRule(token, verdict, request, await findAppNames(store, [token])) };
  }

  return {
    ofToken,
    of: async (operator, tokenId, request) => ofToken(await findToken(store, operator, tokenId), request),
  };
}
