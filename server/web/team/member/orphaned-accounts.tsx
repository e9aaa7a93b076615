import { count } from '../../../../shared/count.ts';
import type { UserRecord } from '../../../store/records.ts';
import { serviceAccountPath } from '../../service-accounts/service-account-paths.ts';

/** A longer list is closed, so that the buttons stay near. */
export const maxOpen = 5;

interface OrphanedAccountsProps {
  /** The service accounts that the member alone maintains. */
  accounts: readonly UserRecord[];
  /** Whether the dialog offers other service accounts as receivers of tokens. */
  notOffered?: boolean;
}

/** Names the service accounts that an action leaves without an enabled maintainer. Renders nothing if there are none. */
export function OrphanedAccounts({ accounts, notOffered = false }: OrphanedAccountsProps) {
  if (accounts.length === 0) return null;
  return (
    <details open={accounts.length <= maxOpen}>
      <summary>Left without an enabled maintainer ({accounts.length})</summary>
      <p class="hint">
        Add a maintainer to each, so that somebody rotates its tokens.
        {notOffered && ' Without one, it is not offered as a receiver.'}
      </p>
      <ul>
        {accounts.map(({ id, name }) => (
          <li>
            <a href={serviceAccountPath(id)}>{name}</a>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Returns what an action says about the service accounts that the member alone maintains. */
export function orphaningText(accounts: readonly UserRecord[]): string {
  const whose = accounts.length === 1 ? 'Its tokens keep' : 'Their tokens keep';
  return `Leaves ${count(accounts.length, 'service account')} without an enabled maintainer. ${whose} working.`;
}
