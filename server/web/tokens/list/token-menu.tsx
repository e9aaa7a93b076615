import type { StatusContext, TokenRecord } from '../../../store/records.ts';
import { RowMenu } from '../../shell/components/row-menu.tsx';
import { useMember } from '../../shell/page-context.ts';
import { tokenPath } from '../token-paths.ts';
import { offeredActions } from './token-actions.ts';

interface TokenMenuProps {
  token: TokenRecord;
  statusContext: StatusContext;
  actsAsOwner: boolean;
  /** URL of the dialog that revokes the token. */
  revokeHref: string;
}

/** The menu at the end of a token's row, with the actions that the reader may use. */
export function TokenMenu({ token, statusContext, actsAsOwner, revokeHref }: TokenMenuProps) {
  const { superuser } = useMember();
  const path = tokenPath(token.id);
  // The page of the token offers the rest, which need more explanation than a menu has room for.
  const actions = offeredActions(token, statusContext, { superuser, actsAsOwner }).filter(
    ([action]) => action !== 'narrow',
  );
  return (
    <RowMenu
      id={token.id}
      name={token.name}
      items={[
        { href: path, label: 'Open' },
        ...actions.map(([action, label]) => ({ href: `${path}?dialog=${action}`, label })),
        { href: revokeHref, label: 'Revoke' },
      ]}
    />
  );
}
