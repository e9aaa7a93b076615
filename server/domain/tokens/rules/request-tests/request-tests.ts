import type { NotChecked } from '../../../../../shared/schemas/tokens/request-tests.ts';
import type { TokenRecord } from '../../../../store/records.ts';
import type { Store } from '../../../../store/store.ts';
import type { Operator } from '../../../caller.ts';
import { findTokenToChange, tokenNotFound } from '../../find.ts';
import type { GateRequest, RequestVerdict, Verification } from '../../verify.ts';
import { findAppNames } from '../shown-rules.ts';
import { decidingRule } from './deciding-rule.ts';
import { denyingAll, findUnchecked } from './unchecked.ts';

/** What verification decides about a request with a token, and the rule or status that decides it. */
export interface TestedRequest {
  verdict: RequestVerdict;
  rule: string | null;
  /** What was not checked, because the request lacks its app or its address. Empty if the request is denied. */
  notChecked: readonly NotChecked[];
  /** Whether what was not checked may deny the request. */
  isConditional: boolean;
}

export interface RequestTests {
  /**
   * Decides about a request with the current value of a token, as verification does. A request without an app or an address is denied only
   * if it is for every app or address. Records nothing. The owner of the token, maintainers of the service
   * account that owns it, superusers and management keys may test it.
   * @throws ProblemError `token-not-found`, `scope-missing`, `superuser-required`
   */
  of(operator: Operator, tokenId: string, request: GateRequest): Promise<TestedRequest>;
}

interface RequestTestDeps {
  store: Store;
  verification: Pick<Verification, 'judgeHash'>;
}

export function createRequestTests({ store, verification }: RequestTestDeps): RequestTests {
  async function ofToken(token: TokenRecord, request: GateRequest): Promise<TestedRequest> {
    const hash = await store.tokens.hashOf(token.id);
    if (hash === null) throw tokenNotFound();
    const names = await findAppNames(store, [token]);
    const verdict = await verification.judgeHash(hash, denyingAll(token, request, names));
    const rule = decidingRule(token, verdict, request, names);
    return { verdict, rule, ...(await findUnchecked(store, token, verdict, request)) };
  }

  return {
    of: async (operator, tokenId, request) => ofToken(await findTokenToChange(store, operator, tokenId), request),
  };
}
