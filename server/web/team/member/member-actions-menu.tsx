import type { UserSummary } from '../../../store/records.ts';
import type { ObjectAction } from '../../shell/object-heading.tsx';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
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

/** What a superuser can do with a member, the commonest actions first. */
export function memberActions({ user, isSelf, isLastSuperuser, pageUrl }: MemberActionsProps): ObjectAction[] {
  const action = (id: string, label: string) => ({ id, label, href: formatUrl(pageUrl, { dialog: id }) });
  const offered = offeredActions({ user, isSelf, isLastSuperuser }).filter((action): action is MenuAction =>
    Object.hasOwn(labels, action),
  );
  const isFirst = (action: MenuAction) => action === 'offboard';
  const isLast = (action: MenuAction) => action === 'delete' || action === 'erase';
  const rest = offered.filter((action) => !isFirst(action) && !isLast(action));
  const asAction = (name: MenuAction) => action(name, labels[name]);
  return [
    action('edit', 'Edit'),
    ...offered.filter(isFirst).map((name) => ({ ...asAction(name), danger: true })),
    ...rest.map(asAction),
    { id: 'data', href: memberDataPath(user), label: 'Download data' },
    ...offered.filter(isLast).map(asAction),
  ];
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
