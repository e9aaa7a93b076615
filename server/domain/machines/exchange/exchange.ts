import type { AppRecord, ListedTrust, TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { ClientInfo } from '../../caller.ts';
import type { Secret } from '../../secrets.ts';
import { readableRules } from '../../tokens/rules/shown-rules.ts';
import { unacceptable } from './exchange-error.ts';
import { type IssueDeps, issueToken } from './issue.ts';
import { chooseTrust } from './match-trust.ts';
import { createExchangeRateLimit } from './rate-limit.ts';
import type { SubjectTokens } from './subject-token.ts';
import { type RequestedTarget, requireTarget } from './target.ts';

export interface ExchangeRequest extends RequestedTarget {
  subjectToken: string;
  /** The name of the trust. Needed only if several accept the token. */
  trust: string | undefined;
}

/** Exchanges identity tokens of other systems for tokens of service accounts (RFC 8693). */
export interface TokenExchange {
  /** @throws ExchangeError */
  exchange(request: ExchangeRequest, clientInfo: ClientInfo): Promise<{ token: TokenRecord; secret: Secret }>;
}

export interface ExchangeDeps extends IssueDeps {
  subjectTokens: SubjectTokens;
  publicUrl: string;
}

/**
 * Creates the exchange. It takes five steps:
 *
 * 1. Read the token, and find the trusts in its issuer. Nothing is sent to an issuer that no trust names.
 * 2. Verify the token with the issuer's keys, before any transaction.
 * 3. Choose the trust whose audience and claims match.
 * 4. Check what the token is requested for.
 * 5. In one transaction: lock the account and the trust, remember the subject token, pin the repository, and insert the token.
 */
export function createTokenExchange(deps: ExchangeDeps): TokenExchange {
  const { store, subjectTokens, publicUrl } = deps;
  const rateLimit = createExchangeRateLimit(store.limiter);

  return {
    async exchange({ subjectToken, trust: name, ...target }, clientInfo) {
      const token = subjectTokens.read(subjectToken);
      const trusts = await store.trusts.ofIssuer(token.issuer);
      const issuer = trusts.length === 0 ? null : token.issuer;
      return rateLimit.attempt(issuer, clientInfo, async () => {
        if (issuer === null) throw unacceptable('No trust accepts tokens of this issuer (claim iss).');
        const claims = await subjectTokens.verify(token, {
          mayBeInternal: trusts.some((trust) => trust.mayBeInternal),
        });
        const trust = chooseTrust(trusts, claims, { name, publicUrl });
        requireTarget(target, await appsOf(store, trust), publicUrl);
        return issueToken(deps, { token, claims, trust, clientInfo });
      });
    },
  };
}

/** Returns the apps to which a trust restricts its tokens. */
async function appsOf(store: Store, { rules }: ListedTrust): Promise<AppRecord[]> {
  const apps = await Promise.all((readableRules(rules).apps ?? []).map((id) => store.apps.findById(id)));
  return apps.filter((app) => app !== null);
}
