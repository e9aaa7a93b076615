import { ProblemError } from '../../../../shared/problem.ts';
import type { EditServiceAccountBody } from '../../../../shared/schemas/accounts/service-accounts.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator } from '../../caller.ts';

/** A maintainer with more failed attempts than this within an hour waits until the hour has passed. */
const maxFailures = 20;
const windowSeconds = 60 * 60;

/**
 * Limits how often a maintainer can name email addresses that do not become maintainers. The response to each says whether the address belongs
 * to a member, so without a limit, a maintainer could find out all members. A change that succeeds does not count, because the maintainers get
 * a mail about it. Superusers and management keys are not limited.
 */
export interface AddressLimit {
  /**
   * Runs a change of a service account. It counts if it fails after it called `lookedUp`.
   * @throws ProblemError `throttled`, with the seconds to wait; and any error that `change` throws
   */
  attempt<T>(
    operator: Operator,
    body: EditServiceAccountBody,
    change: (lookedUp: () => void) => Promise<T>,
  ): Promise<T>;
}

export function createAddressLimit(limiter: Store['limiter']): AddressLimit {
  const failures = limiter({ name: 'unknown-maintainers', limit: maxFailures, windowSeconds });

  return {
    async attempt(operator, body, change) {
      if (isKey(operator) || operator.user.superuser || !namesMembers(body)) return change(() => {});
      const { id } = operator.user;
      // Counted before the change, so that concurrent requests cannot all pass before the first one has failed.
      const { allowed, retryAfterMs } = await failures.consume(id);
      if (!allowed) throw tooManyAddresses(retryAfterMs);
      let hasLookedUp = false;
      try {
        const changed = await change(() => {
          hasLookedUp = true;
        });
        await failures.decrement(id);
        return changed;
      } catch (error) {
        if (!hasLookedUp) await failures.decrement(id);
        throw error;
      }
    },
  };
}

function namesMembers({ maintainers = [], add_maintainers: added = [] }: EditServiceAccountBody): boolean {
  return maintainers.length > 0 || added.length > 0;
}

function tooManyAddresses(waitMs: number): ProblemError {
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1000));
  const detail = `Too many of your requests named email addresses that did not become maintainers. Wait ${Math.ceil(retryAfter / 60)} minutes, or ask an Organization Superuser to add the maintainer.`;
  return new ProblemError('throttled', detail, { retryAfter });
}
