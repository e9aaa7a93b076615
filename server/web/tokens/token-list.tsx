import type { TokenStatus } from '../../../shared/schemas/tokens/tokens.ts';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import { tokenStatus, workingPreviousValue } from '../../domain/tokens/status.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { ClippedText } from '../shell/components/clipped-text.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { Expiry, MinuteOf, RowsWithLinks } from '../shell/components/time.tsx';
import { deniedLately } from './list/attention.ts';
import { NewestUse, UseOfEach } from './list/last-used.tsx';
import { SortHeading, type Sorting } from './list/sort-heading.tsx';
import { TokenMenu } from './list/token-menu.tsx';
import { UsedCanaryBadge } from './list/used-canary-badge.tsx';
import { ruleSummary } from './rules/rule-summary.ts';
import { SelectCell, type Selection, SelectPageCell } from './selection/selection-bar.tsx';
import { kindLabels, ownerName, ownerPath, tokenPath } from './token-paths.ts';
import { denyReasonWords } from './trouble/deny-reasons.ts';

/** How a reader may act on a token of the list. */
interface RowActions {
  /** Whether the reader owns the token, or maintains the service account that owns it. */
  actsAsOwner: boolean;
  /** URL of the dialog that revokes the token. If it belongs to the list, closing it leads back to `#actions-ID`. */
  revokeHref: string;
}

interface TokenListProps {
  caption: string;
  tokens: TokenRecord[];
  /** The names of the apps in the rules of the tokens. */
  names: AppNames;
  statusContext: StatusContext;
  /** Returns the actions of a row. Null for a reader who may change none of the tokens. */
  actionsOf: ((token: TokenRecord) => RowActions) | null;
  /** Whether the tokens have several owners, who get a column. */
  withOwners?: boolean;
  /** Present if the reader can choose the order of the list. */
  sorting?: Sorting;
  /** Present if the reader may select tokens. `SelectionBar` belongs to it. */
  selection?: Selection | undefined;
}

/** The columns; each ID is the class of its cells. */
const columns = [
  { id: 'name', heading: 'Name' },
  { id: 'owner', heading: 'Owner' },
  { id: 'kind', heading: 'Kind' },
  { id: 'rules', heading: 'Apps and rules' },
  { id: 'expires', heading: 'Expires' },
  { id: 'used', heading: 'Last used' },
  { id: 'prefix', heading: 'Prefix' },
] as const;

/** A table of tokens. In a narrow window, each row has two lines and leads to the page of its token. */
export function TokenList(props: TokenListProps) {
  const { caption, tokens, names, statusContext, actionsOf, withOwners = false, selection, sorting } = props;
  const headings = columns.filter(({ id }) => withOwners || (id !== 'owner' && id !== 'kind'));
  return (
    <table class={withOwners ? 'list tokens owners' : 'list tokens'}>
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {selection && <SelectPageCell {...selection} />}
          {headings.map(({ id, heading }) => (
            <SortHeading id={id} heading={heading} sorting={sorting} />
          ))}
          {actionsOf !== null && <td />}
        </tr>
      </thead>
      <RowsWithLinks>
        {tokens.map((token) => (
          <TokenRow
            token={token}
            names={names}
            statusContext={statusContext}
            withOwner={withOwners}
            selection={selection}
            actions={actionsOf === null ? null : actionsOf(token)}
          />
        ))}
      </RowsWithLinks>
    </table>
  );
}

interface TokenRowProps {
  token: TokenRecord;
  names: AppNames;
  statusContext: StatusContext;
  withOwner: boolean;
  selection: Selection | undefined;
  actions: RowActions | null;
}

function TokenRow({ token, names, statusContext, withOwner, selection, actions }: TokenRowProps) {
  const { now } = statusContext;
  const previous = workingPreviousValue(token, now);
  return (
    <tr>
      {selection && <SelectCell preselected={selection.preselected} token={token} />}
      <TokenName token={token} names={names} statusContext={statusContext} />
      {withOwner && (
        <td class="owner" data-owner={ownerName(token)}>
          <a href={ownerPath(token)} title={ownerName(token)}>
            {ownerName(token)}
          </a>
          <span class="sub">{kindLabels[token.ownerKind]}</span>
        </td>
      )}
      {withOwner && <td class="kind">{kindLabels[token.ownerKind]}</td>}
      <td class="rules">
        <ClippedText text={ruleSummary(token, names)} />
      </td>
      <td class="expires">
        {token.canary && token.expiresAt === null ? <NoExpiryNeeded /> : <Expiry at={token.expiresAt} now={now} />}
        {token.expiresAt === null && !token.canary && <span class="on-phone"> expires</span>}
      </td>
      <td class="used">
        {previous === null ? (
          <NewestUse token={token} now={now} />
        ) : (
          <UseOfEach token={token} previous={previous} now={now} />
        )}
        {!wasUsed(token) && token.rotatedAt === null && <span class="on-phone"> used</span>}
        <span class="sub prefix">
          <code>{token.prefix}</code>
          {previous !== null && (
            <>
              , <code>{previous.prefix}</code>
            </>
          )}
        </span>
      </td>
      <td class="prefix">
        <code>{token.prefix}</code>
        {previous !== null && (
          <span class="sub">
            <code>{previous.prefix}</code>
          </span>
        )}
      </td>
      {actions !== null && (
        <td class="end">
          <TokenMenu token={token} statusContext={statusContext} {...actions} />
        </td>
      )}
    </tr>
  );
}

function wasUsed({ lastUse, previous }: TokenRecord): boolean {
  return lastUse !== null || (previous?.lastUse ?? null) !== null;
}

/** The name, which leads to the page of the token; its status, unless it is active; and its other marks. */
function TokenName({ token, names, statusContext }: Pick<TokenRowProps, 'token' | 'names' | 'statusContext'>) {
  const status = tokenStatus(token, statusContext);
  const previous = workingPreviousValue(token, statusContext.now);
  return (
    <th scope="row">
      <a href={tokenPath(token.id)}>{token.name}</a>
      {status !== 'active' && <StatusBadge status={status} />}
      <UsedCanaryBadge token={token} />
      {!token.canary && deniedLately(token, statusContext.now) && <span class="badge warning">denied</span>}
      {previous !== null && <span class="badge warning on-phone">two values</span>}
      {unexplained.has(status) && <span class="sub reason">{denyReasonWords(status)}</span>}
      {token.description && <span class="sub">{token.description}</span>}
      {previous !== null && (
        <span class="sub warning">
          Two values until <MinuteOf at={previous.validUntil} />
        </span>
      )}
      <span class="sub rules">{ruleSummary(token, names)}</span>
    </th>
  );
}

/** The statuses that come from the owner, which their words do not say. */
const unexplained: ReadonlySet<TokenStatus> = new Set<TokenStatus>(['disabled', 'blocked', 'sso-stale']);

/** The value of a canary never works, so “never” would be a false alarm. */
function NoExpiryNeeded() {
  return (
    <>
      <span aria-hidden="true">–</span>
      <span class="visually-hidden">not needed</span>
    </>
  );
}
