import type { ListedTrust } from '../../store/records.ts';
import { EmptyList } from '../shell/components/lists/empty-list.tsx';
import { useMember } from '../shell/page-context.ts';
import { trustsPath } from '../trusts/trust-paths.ts';
import { TrustTable } from '../trusts/trust-table.tsx';

/** The trusts of a service account. Superusers manage them. Auditors and maintainers read them. */
export function AccountTrusts({ account, trusts }: { account: { name: string }; trusts: readonly ListedTrust[] }) {
  const { superuser } = useMember();
  const query = new URLSearchParams({ dialog: 'create', service_account: account.name });
  return (
    <>
      <div class="heading">
        <h2>Trusts</h2>
        {superuser && (
          <a class="button" id="create-trust" href={`${trustsPath}?${query}`}>
            Create trust
          </a>
        )}
      </div>
      {trusts.length > 0 ? (
        <TrustTable caption={`Trusts of ${account.name}`} trusts={trusts} withAccount={false} />
      ) : (
        <EmptyList lead="There are no trusts for this service account.">
          <p>A trust lets a job exchange the identity token of its CI system for a token of this service account.</p>
        </EmptyList>
      )}
    </>
  );
}
