import type { Child } from 'hono/jsx';
import { readClaims } from '../../domain/machines/trust-fields.ts';
import type { ListedTrust } from '../../store/records.ts';
import { serviceAccountPath } from '../service-accounts/service-account-paths.ts';
import { ClippedText } from '../shell/components/clipped-text.tsx';
import { trustPath } from './trust-paths.ts';

interface TrustTableProps {
  caption: string;
  trusts: readonly ListedTrust[];
  /** Whether to name the service account of each. */
  withAccount: boolean;
}

/** A table of trusts. Each links to its page. */
export function TrustTable({ caption, trusts, withAccount }: TrustTableProps) {
  return (
    <table class="list brief">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Trust</th>
          {withAccount && <th scope="col">Service account</th>}
          <th scope="col">Identity tokens</th>
        </tr>
      </thead>
      <tbody>
        {trusts.map((trust) => (
          <tr>
            <th scope="row">
              <a href={trustPath(trust.id)}>{trust.name}</a>
            </th>
            {withAccount && (
              <td data-label="Service account">
                <a href={serviceAccountPath(trust.serviceAccountId)}>{trust.serviceAccount}</a>
              </td>
            )}
            <td data-label="Identity tokens" class="second">
              <ClippedText text={trust.issuer} />
              <span class="sub">
                <Claims trust={trust} />
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The claims of a trust, one a line. */
export function Claims({ trust }: { trust: Pick<ListedTrust, 'claims'> }): Child {
  return (
    <>
      {Object.entries(readClaims(trust)).map(([name, value]) => (
        <code class="entry">
          {name}=<bdi>{value}</bdi>
        </code>
      ))}
    </>
  );
}
