import type { StatusContext, TokenRecord } from '../../../store/records.ts';
import { Icon } from '../../shell/frame/icon.tsx';
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

/**
 * The button at the end of a row, and its menu with the actions that the reader may use. The browser opens it without script. A
 * dialog that was opened from it leads back to `#actions-ID`.
 */
export function TokenMenu({ token, statusContext, actsAsOwner, revokeHref }: TokenMenuProps) {
  const { superuser } = useMember();
  const menuId = `menu-${token.id}`;
  const path = tokenPath(token.id);
  // The page of the token offers the rest, which needs more explanation than a menu has room for.
  const actions = offeredActions(token, statusContext, { superuser, actsAsOwner }).filter(
    ([action]) => action !== 'narrow' && action !== 'end-previous',
  );
  return (
    <>
      <button
        type="button"
        class="icon-button"
        id={`actions-${token.id}`}
        popovertarget={menuId}
        aria-label={`Actions for ${token.name}`}
      >
        <Icon name="kebab-horizontal" />
      </button>
      <ul id={menuId} class="menu row-menu" popover="auto" aria-label={`Actions for ${token.name}`}>
        <MenuItem href={path} label="Open" />
        {actions.map(([action, label]) => (
          <MenuItem href={`${path}?dialog=${action}`} label={label} />
        ))}
        <MenuItem href={revokeHref} label="Revoke" />
      </ul>
    </>
  );
}

function MenuItem({ href, label }: { href: string; label: string }) {
  return (
    <li>
      <a class="nav-item" href={href}>
        {label}
      </a>
    </li>
  );
}
