import { count } from '../../../shared/count.ts';
import { tokenStatus } from '../../domain/tokens/status.ts';
import type { Usage } from '../../domain/tokens/usage/usage.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { ConfirmDialog } from '../shell/components/form-dialog.tsx';
import { useMember } from '../shell/page-context.ts';
import { NewestUse } from './list/last-used.tsx';
import { tokenPath } from './token-paths.ts';
import { RecentUse, RecentUseFacts, wasUsedLately } from './usage/recent-use.tsx';

/** The days whose uses the dialog shows. */
export const usesBeforeRevocation = 7;

interface RevokeTokenDialogProps {
  token: TokenRecord;
  /** How it was used in at least the last `usesBeforeRevocation` days. */
  usage: Usage;
  statusContext: StatusContext;
  /** Path that the confirmation is posted to. */
  action: string;
  closeHref: string;
}

/** Asks for confirmation before a token is revoked. If something still uses the token, it offers a pause, which can be undone. */
export function RevokeTokenDialog({ token, usage, statusContext, action, closeHref }: RevokeTokenDialogProps) {
  const { id, superuser } = useMember();
  const own = token.ownerId === id;
  const { now } = statusContext;
  const recent = { token, usage, days: usesBeforeRevocation, now };
  const uses = usage.days.slice(-usesBeforeRevocation).reduce((total, { allowed }) => total + allowed, 0);
  return (
    <ConfirmDialog
      title={`Revoke “${token.name}”?`}
      closeHref={closeHref}
      action={action}
      confirm="Revoke this token"
      danger
    >
      <p>
        {token.canary
          ? 'Nobody is told any more when somebody presents its value. You cannot undo this.'
          : 'Every script, pipeline, and program that uses this token stops working immediately: its requests are denied with status 401. You cannot undo this. A new token has a different value.'}
      </p>
      {!token.canary && wasUsedLately(recent) && (
        <div class="note warning">
          <p>
            Something still uses it{uses > 0 && `: ${count(uses, 'use')} in the last ${usesBeforeRevocation} days`}.
          </p>
          {tokenStatus(token, statusContext) === 'active' && (
            <p>
              {token.manage === null || superuser
                ? 'A pause denies the same requests, and can be undone.'
                : 'A pause denies the same requests. Only an Organization Superuser can end it.'}{' '}
              <a href={`${tokenPath(token.id)}?dialog=pause`}>Pause instead</a>
            </p>
          )}
        </div>
      )}
      {!wasUsedLately(recent) && <RecentUse {...recent} />}
      <dl class="facts">
        <RecentUseFacts {...recent} />
        <dt>Prefix</dt>
        <dd>
          <code>{token.prefix}</code>
        </dd>
        {!own && (
          <>
            <dt>Owner</dt>
            <dd>{token.ownerEmail}</dd>
          </>
        )}
        <dt>Last used</dt>
        <dd>
          <NewestUse token={token} now={now} />
        </dd>
      </dl>
    </ConfirmDialog>
  );
}
