import type { Store } from '../../../store/store.ts';
import type { ClientInfo } from '../../caller.ts';
import { hashSecret } from '../../secrets.ts';
import { clientNetwork } from '../../sign-in/rate-limit/client-network.ts';
import { ExchangeError } from './exchange-error.ts';

/** A pair of issuer and network that failed more often than this is refused until the window ends. */
const maxFailures = 20;
const windowSeconds = 10 * 60;

/** Runs exchanges, unless too many of the same issuer and client network failed. */
export interface ExchangeRateLimit {
  /**
   * Runs `exchange`. Counts it if it is refused, but not if it succeeds or the issuer cannot be reached. `issuer` is null for one that no
   * trust names: all of these count together, because a client can make up any number of them.
   * @throws ExchangeError
   */
  attempt<T>(issuer: string | null, clientInfo: ClientInfo, exchange: () => Promise<T>): Promise<T>;
}

export function createExchangeRateLimit(limiter: Store['limiter']): ExchangeRateLimit {
  const failures = limiter({ name: 'exchange-failures', limit: maxFailures, windowSeconds });
  return {
    async attempt(issuer, clientInfo, exchange) {
      const key = hashSecret(JSON.stringify([issuer, clientNetwork(clientInfo)]));
      const { count, retryAfterMs } = await failures.get(key);
      if (count > maxFailures) throw tooManyFailures(retryAfterMs);
      try {
        return await exchange();
      } catch (error) {
        if (error instanceof ExchangeError && error.isRefusal) await failures.consume(key);
        throw error;
      }
    },
  };
}

function tooManyFailures(waitMs: number): ExchangeError {
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1000));
  const description = `There were too many failed exchanges. Wait ${Math.ceil(retryAfter / 60)} minutes, then try again.`;
  return new ExchangeError('temporarily_unavailable', description, { retryAfter, throttled: true });
}
