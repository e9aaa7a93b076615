import type { UserSummary } from '../../../store/records.ts';
import { type RowAction, RowMenu } from '../../shell/components/row-menu.tsx';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { memberName } from '../member-labels.ts';
import { memberDataPath } from '../team-paths.ts';
import { type OfferedAction, offeredActions } from './member-actions.ts';

interface MemberActionsProps {
  user: UserSummary;
  isSelf: boolean;
  isLastSuperuser: boolean;
  pageUrl: PageUrl;
}

/** The permission has a switch of its own. */
type MenuAction = Exclude<OfferedAction, 'grant' | 'ungrant'>;

const labels: Record<MenuAction, string> = {
  invite: 'Invite again',
  'invitation-link': 'Copy invitation link',
  promote: 'Make superuser',
  demote: 'Remove superuser role',
  'make-auditor': 'Make auditor',
  'remove-auditor': 'Remove auditor role',
  enable: 'Enable',
  disable: 'Disable',
  'reset-two-step': 'Reset two-factor sign-in',
  unbind: 'Unbind from single sign-on',
  'end-sessions': 'End all sessions',
  'revoke-tokens': 'Revoke all tokens',
  offboard: 'Offboard',
  delete: 'Delete',
  erase: 'Erase',
};

/** The button that edits a member, and the menu with everything else that a superuser can do. */
export function MemberActions({ user, isSelf, isLastSuperuser, pageUrl }: MemberActionsProps) {
  const dialog = (action: string) => formatUrl(pageUrl, { dialog: action });
  const offered = offeredActions({ user, isSelf, isLastSuperuser }).filter((action): action is MenuAction =>
    Object.hasOwn(labels, action),
  );
  const items: RowAction[] = offered.map((action) => ({ href: dialog(action), label: labels[action] }));
  return (
    <div class="buttons">
      <a class="button primary" id="edit" href={dialog('edit')}>
        Edit
      </a>
      <RowMenu
        id={user.id}
        name={memberName(user)}
        items={[...items, { href: memberDataPath(user), label: 'Download data' }]}
      />
    </div>
  );
}

/** Says why the only superuser can be neither demoted nor disabled. */
export function LastSuperuserNote() {
  return (
    <p class="note warning" id="last-superuser">
      This is the last enabled Organization Superuser. You cannot demote or disable this account, because then nobody
      could manage the organization. Make another member a superuser first.
    </p>
  );
}
