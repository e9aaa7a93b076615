import { groupNamesOf } from '../../domain/accounts/groups.ts';
import { memberStatus } from '../../domain/accounts/member-status.ts';
import type { UserSummary } from '../../store/records.ts';
import { type RowAction, RowMenu } from '../shell/components/row-menu.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { DateOf, RowsWithLinks, Time } from '../shell/components/time.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { briefList, memberName, roleLabel } from './member-labels.ts';
import { PermissionSwitch } from './permission-switch.tsx';
import { memberPath } from './team-paths.ts';

interface MemberListProps {
  members: UserSummary[];
  /** URL of the page that contains the list. */
  pageUrl: PageUrl;
  now: number;
}

/** The columns; each ID is the class of its cells. */
const columns = [
  { id: 'name', heading: 'Member' },
  { id: 'role', heading: 'Role' },
  { id: 'status', heading: 'Account' },
  { id: 'count', heading: 'Tokens' },
  { id: 'used', heading: 'Last use' },
  { id: 'permission', heading: 'Tokens permission' },
] as const;

/** A table of members. In a narrow window, each row has two lines and leads to the page of its member. */
export function MemberList({ members, pageUrl, now }: MemberListProps) {
  const { superuser } = useMember();
  return (
    <table class="list tokens members">
      <caption class="visually-hidden">Members, newest first</caption>
      <thead>
        <tr>
          {columns.map(({ id, heading }) => (
            <th scope="col" class={id}>
              {heading}
            </th>
          ))}
          {superuser && <td />}
        </tr>
      </thead>
      <RowsWithLinks>
        {members.map((member) => (
          <tr>
            <MemberCell member={member} />
            <td class="role words">{roleLabel(member)}</td>
            <td class="status">
              <StatusBadge status={memberStatus(member)} />
              <span class="sub">
                <StatusDate member={member} />
              </span>
            </td>
            <td class="count">{member.tokenCount}</td>
            <td class="used">
              <LastUse member={member} now={now} />
            </td>
            <td class="permission">
              <PermissionSwitch user={member} pageUrl={pageUrl} />
            </td>
            {superuser && (
              <td class="end">
                <RowMenu id={member.id} name={memberName(member)} items={actionsOf(member, pageUrl)} />
              </td>
            )}
          </tr>
        ))}
      </RowsWithLinks>
    </table>
  );
}

/** The date since which the member has their status, or if it is not known, the date on which they were added. */
function StatusDate({ member }: { member: UserSummary }) {
  const { invitedAt, joinedAt, disabledAt } = member;
  const dates = {
    invited: ['invited', invitedAt],
    active: ['joined', joinedAt],
    disabled: ['since', disabledAt],
  } as const;
  const [word, at] = dates[memberStatus(member)];
  return (
    <>
      {at === null ? 'added' : word} <DateOf at={at ?? member.createdAt} />
    </>
  );
}

/** The name, which leads to the page of the member, the email address and the groups. */
function MemberCell({ member }: { member: UserSummary }) {
  const groups = groupNamesOf(member);
  return (
    <th scope="row">
      <a href={memberPath(member.id)}>{memberName(member)}</a>
      {member.name && <span class="sub">{member.email}</span>}
      {groups.length > 0 && <span class="sub groups">Groups: {briefList(groups)}</span>}
    </th>
  );
}

function LastUse({ member: { lastUsedAt }, now }: { member: UserSummary; now: number }) {
  if (lastUsedAt !== null) return <Time at={lastUsedAt} now={now} />;
  return (
    <>
      never<span class="on-phone"> used</span>
    </>
  );
}

/** The actions that a menu can explain in a word. The page of the member offers the rest. */
function actionsOf(member: UserSummary, pageUrl: PageUrl): RowAction[] {
  const path = memberPath(member.id);
  const isInvited = memberStatus(member) === 'invited';
  return [
    { href: path, label: 'Open' },
    { href: `${path}?dialog=edit`, label: 'Edit' },
    ...(isInvited
      ? [
          { href: formatUrl(pageUrl, { dialog: 'invite', id: member.id }), label: 'Invite again' },
          { href: formatUrl(pageUrl, { dialog: 'invitation-link', id: member.id }), label: 'Copy invitation link' },
        ]
      : []),
  ];
}
