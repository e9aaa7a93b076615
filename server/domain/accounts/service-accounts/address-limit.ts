import { ProblemError } from '../../../../shared/problem.ts';
import type { EditServiceAccountBody } from '../../../../shared/schemas/accounts/service-accounts.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator } from '../../caller.ts';
import { UnknownMember } from './problems.ts';

/** A maintainer who named more unknown addresses than this within an hour waits until the hour has passed. */
const maxUnknown = 20;
const windowSeconds = 60 * 60;

/**
 * Limits how many unknown email addresses a maintainer can name. The answer to each says whether it belongs to a member, so without a limit,
 * a maintainer could find out all members. Superusers and management keys are not limited.
 */
export interface AddressLimit {
  /** Runs a change of a service account. @throws ProblemError `throttled`, with the seconds to wait; and any error that `change` throws */
  attempt<T>(operator: Operator, body: EditServiceAccountBody, change: () => Promise<T>): Promise<T>;
}

export function createAddressLimit(limiter: Store['limiter']): AddressLimit {
  const unknown = limiter({ name: 'unknown-maintainers', limit: maxUnknown, windowSeconds });

  return {
    async attempt(operator, body, change) {
      if (isKey(operator) || operator.user.superuser || !namesMembers(body)) return change();
      const { id } = operator.user;
      // Counted before the change, so that concurrent requests cannot all pass before the first one has failed.
      const { allowed, retryAfterMs } = await unknown.consume(id);
      if (!allowed) throw tooManyAddresses(retryAfterMs);
      try {
        const changed = await change();
        await unknown.decrement(id);
        return changed;
      } catch (error) {
        if (!(error instanceof UnknownMember)) await unknown.decrement(id);
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
  const detail = `You named too many email addresses that belong to no member. Wait ${Math.ceil(retryAfter / 60)} minutes, or ask an Organization Superuser to add the maintainer.`;
  return new ProblemError('throttled', detail, { retryAfter });
}
