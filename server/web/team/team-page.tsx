import type { Child } from 'hono/jsx';
import { groupNamesOf } from '../../domain/accounts/groups.ts';
import { memberStatus } from '../../domain/accounts/member-status.ts';
import type { DeadLetter, UserSummary } from '../../store/records.ts';
import { Field } from '../shell/components/form.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { Time } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { DeadLetterNotice } from './dead-letter-notice.tsx';
import { briefList, memberName, permissionLabel, roleLabel } from './member-labels.ts';
import { PermissionSwitch } from './permission-switch.tsx';
import { memberPath, teamPath } from './team-paths.ts';

interface TeamPageProps {
  now: number;
  members: UserSummary[];
  /** URL of this page, with `?q` and `?cursor`. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  dialog?: Child;
  deadLetters: { count: number; newest: DeadLetter[] };
}

/** All members of the organization, newest first. */
export function TeamPage({ now, members, pageUrl, nextCursor, dialog, deadLetters }: TeamPageProps) {
  return (
    <Layout title="Team" section={teamPath}>
      <div class="heading">
        <h1>Team</h1>
        {useMember().superuser && (
          <a class="button primary" id="add" href={formatUrl(pageUrl, { dialog: 'add' })}>
            Add a member
          </a>
        )}
      </div>
      <DeadLetterNotice {...deadLetters} now={now} />
      <search>
        <form method="get" action={teamPath} class="filters">
          <Field label="Search by name or email" name="q" type="search" value={pageUrl.query.q} />
          <button type="submit">Search</button>
        </form>
      </search>
      {members.length > 0 ? (
        <MemberTable now={now} members={members} pageUrl={pageUrl} />
      ) : (
        <div class="empty">
          <p>No members match.</p>
          <a href={teamPath}>Show all members</a>
        </div>
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}

function MemberTable({ now, members, pageUrl }: Pick<TeamPageProps, 'now' | 'members' | 'pageUrl'>) {
  return (
    <table class="list">
      <caption class="visually-hidden">Members, newest first</caption>
      <thead>
        <tr>
          {['Member', 'Role', 'Account', 'Tokens', 'Last use'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
          <th scope="col" class="wrap">
            {permissionLabel}
          </th>
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <tr>
            <th scope="row">
              <a href={memberPath(member.id)}>{memberName(member)}</a>
              {member.name && <span class="sub">{member.email}</span>}
              <Groups member={member} />
            </th>
            <td data-label="Role" class="words">
              {roleLabel(member)}
            </td>
            <td data-label="Account">
              <StatusBadge status={memberStatus(member)} />
            </td>
            <td data-label="Tokens">{member.tokenCount}</td>
            <td data-label="Last use">
              {member.lastUsedAt === null ? 'never' : <Time at={member.lastUsedAt} now={now} />}
            </td>
            <td data-label={permissionLabel}>
              <PermissionSwitch user={member} pageUrl={pageUrl} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Groups({ member }: { member: UserSummary }) {
  const names = groupNamesOf(member);
  return names.length === 0 ? null : <span class="sub">Groups: {briefList(names)}</span>;
}
