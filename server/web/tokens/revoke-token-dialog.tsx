import type { TokenRecord } from '../../store/records.ts';
import { ConfirmDialog } from '../shell/components/form-dialog.tsx';
import { useMember } from '../shell/page-context.ts';
import { LastUsed } from './list/last-used.tsx';

interface RevokeTokenDialogProps {
  token: TokenRecord;
  now: number;
  /** Path that the confirmation is posted to. */
  action: string;
  closeHref: string;
}

/** Asks for confirmation before a token is revoked. */
export function RevokeTokenDialog({ token, now, action, closeHref }: RevokeTokenDialogProps) {
  const own = token.ownerId === useMember().id;
  return (
    <ConfirmDialog
      title={`Revoke “${token.name}”?`}
      closeHref={closeHref}
      action={action}
      confirm="Revoke this token"
      danger
    >
      <p>
        Every script, pipeline, and program that uses this token stops working immediately: its requests are rejected
        with status 401. You cannot undo this. A new token has a different value.
      </p>
      <dl class="facts">
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
          <LastUsed use={token.lastUse} now={now} />
        </dd>
      </dl>
    </ConfirmDialog>
  );
}
