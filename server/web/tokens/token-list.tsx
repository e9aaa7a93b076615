import { tokenStatusSchema } from '../../../shared/schemas/tokens/tokens.ts';
import { tokenStatus } from '../../domain/tokens/status.ts';
import type { LastUse, StatusContext, TokenRecord } from '../../store/records.ts';
import { ClippedText } from '../shell/components/clipped-text.tsx';
import { Field } from '../shell/components/form.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { Expiry, Time } from '../shell/components/time.tsx';
import type { PageUrl } from '../shell/page-url.ts';
import { tokenPath } from './token-paths.ts';

interface TokenListProps {
  caption: string;
  tokens: TokenRecord[];
  statusContext: StatusContext;
  /** Returns the URL of the dialog that revokes a token. Closing the dialog leads back to `#revoke-ID`. Null for a reader who may not revoke. */
  revokeHref: ((id: string) => string) | null;
}

/** A table of tokens, with the last use of each, and links to its page and to revoke it. */
export function TokenList({ caption, tokens, statusContext, revokeHref }: TokenListProps) {
  const { now } = statusContext;
  return (
    <table class="list">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {['Name', 'Prefix', 'Created', 'Expires', 'Last used', 'Status'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
          {revokeHref !== null && <td />}
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr>
            <th scope="row">
              <a href={tokenPath(token.id)}>{token.name}</a>
              {token.manage !== null && <span class="sub">Management key</span>}
              {token.canary && <span class="sub">Canary</span>}
              {token.description && <span class="sub">{token.description}</span>}
            </th>
            <td data-label="Prefix">
              <code>{token.prefix}</code>
            </td>
            <td data-label="Created">
              <Time at={token.createdAt} now={now} />
            </td>
            <td data-label="Expires">
              <Expiry at={token.expiresAt} now={now} />
            </td>
            <td data-label="Last used">
              <NewestUse token={token} now={now} />
            </td>
            <td data-label="Status">
              <StatusBadge status={tokenStatus(token, statusContext)} />
            </td>
            {revokeHref !== null && (
              <td class="end">
                <a class="button quiet danger" id={`revoke-${token.id}`} href={revokeHref(token.id)}>
                  Revoke<span class="visually-hidden"> {token.name}</span>
                </a>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The newest use of a token, with the current value or with the old one while that works. */
export function NewestUse({ token, now }: { token: TokenRecord; now: number }) {
  const { lastUse, previous, rotatedAt } = token;
  const oldUse = previous?.lastUse ?? null;
  if (oldUse !== null && oldUse.at > (lastUse?.at ?? 0)) {
    return (
      <>
        <LastUsed use={oldUse} now={now} />
        <span class="sub">with the old value</span>
      </>
    );
  }
  if (lastUse === null && rotatedAt !== null) return <>not since the rotation</>;
  return <LastUsed use={lastUse} now={now} />;
}

/** Time, method, path and IP address of a token's last use; the user agent is in the title. */
export function LastUsed({ use, now }: { use: LastUse | null; now: number }) {
  if (use === null) return <>never</>;
  return (
    <>
      <Time at={use.at} now={now} />
      <span class="sub" title={use.userAgent ?? undefined}>
        {use.method !== null && (
          <span class="mono">
            {use.method} <ClippedText text={use.path ?? ''} />
          </span>
        )}
        {use.method !== null && use.ip !== null && ' · '}
        {use.ip}
      </span>
    </>
  );
}

/** The filters of the list of an owner's tokens: by name and status. The query of the page holds them. */
export function TokenFilters({ pageUrl: { path, query } }: { pageUrl: PageUrl }) {
  return (
    <search>
      <form method="get" action={path} class="filters">
        <Field label="Search by name" name="q" type="search" value={query.q} />
        <div class="field">
          <label for="status">Status</label>
          <select id="status" name="status">
            <option value="">All</option>
            {tokenStatusSchema.options.map((status) => (
              <option value={status} selected={status === query.status}>
                {status}
              </option>
            ))}
          </select>
        </div>
        <button type="submit">Search</button>
        <a class="button" href={path}>
          Clear
        </a>
      </form>
    </search>
  );
}
