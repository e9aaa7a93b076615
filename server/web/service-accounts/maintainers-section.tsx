import type { ProblemError } from '../../../shared/problem.ts';
import type { ServiceAccountSummary } from '../../store/records.ts';
import { Field, FormToken } from '../shell/components/form.tsx';
import { listError } from '../shell/form-problem.ts';
import { Mailed } from '../shell/mailed.tsx';
import { serviceAccountPath } from './service-account-paths.ts';

/** A rejected form that adds a maintainer. */
export interface RejectedMaintainer {
  email: string;
  problem: ProblemError;
}

interface MaintainersSectionProps {
  account: ServiceAccountSummary;
  /** Whether the reader may add and remove maintainers. */
  mayChange: boolean;
  rejected?: RejectedMaintainer | undefined;
}

/** The members who look after a service account, and the forms that add and remove one. */
export function MaintainersSection({ account, mayChange, rejected }: MaintainersSectionProps) {
  const path = serviceAccountPath(account.id);
  return (
    <>
      <h2>Maintainers</h2>
      {account.orphaned && (
        <p class="note warning">
          No enabled member maintains this service account.
          <Mailed> Mails about its tokens go to all Organization Superusers.</Mailed>
          {mayChange && ' Add a maintainer.'}
        </p>
      )}
      {account.maintainers.length > 0 && (
        <table class="list">
          <caption class="visually-hidden">Maintainers of {account.name}</caption>
          <thead>
            <tr>
              <th scope="col">Email address</th>
              {mayChange && <td />}
            </tr>
          </thead>
          <tbody>
            {account.maintainers.map((email, index) => (
              <tr>
                <th scope="row">
                  {email}
                  {account.disabledMaintainers.includes(email) && ' (disabled)'}
                </th>
                {mayChange && (
                  <td class="end">
                    <a
                      class="button quiet danger"
                      id={`remove-${index}`}
                      href={`${path}?${new URLSearchParams({ dialog: 'remove-maintainer', email })}`}
                    >
                      Remove<span class="visually-hidden"> {email}</span>
                    </a>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {mayChange && (
        <form method="post" action={`${path}/maintainers/add`} class="filters">
          <FormToken />
          <Field
            label="Email address"
            name="email"
            type="email"
            value={rejected?.email}
            error={rejected && (listError(rejected.problem, 'add_maintainers') ?? rejected.problem.message)}
            autocomplete="off"
            required
            autofocus={rejected !== undefined}
          />
          <button type="submit">Add maintainer</button>
        </form>
      )}
    </>
  );
}
