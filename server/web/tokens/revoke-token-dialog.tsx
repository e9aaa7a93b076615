import type { AppContext } from '../../http/context.ts';
import type { TokenRecord } from '../../store/records.ts';
import { Confirm } from '../shell/parts.tsx';
import { LastUsed } from './token-list.tsx';

interface RevokeTokenProps {
  c: AppContext;
  token: TokenRecord;
  now: number;
  /** Where the answer is posted to. */
  action: string;
  closeHref: string;
}

/** Asks before a token is revoked, and says what that means. */
export function RevokeTokenDialog({ c, token, now, action, closeHref }: RevokeTokenProps) {
  const own = token.ownerId === c.get('caller').user.id;
  return (
    <Confirm
      c={c}
      title={`Revoke “${token.name}”?`}
      closeHref={closeHref}
      action={action}
      confirm="Revoke this token"
      danger
    >
      <p>
        Every script, pipeline and program that sends this token stops working at once: it is answered 401. This cannot
        be undone, and a new token has another value.
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
    </Confirm>
  );
}
