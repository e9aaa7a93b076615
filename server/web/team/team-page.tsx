import type { Child } from 'hono/jsx';
import type { AppContext } from '../../http/context.ts';
import type { DeadLetter, UserSummary } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { addressOf, type Place } from '../shell/page-url.ts';
import { Field, NextPage, Status, Time } from '../shell/parts.tsx';
import { DeadLetterNotice } from './dead-letter-notice.tsx';
import { memberPath, nameOf, roleOf, teamPath } from './member-labels.ts';
import { PermissionSwitch, permission } from './permission-switch.tsx';

interface TeamProps {
  c: AppContext;
  organization: string | null;
  now: number;
  members: UserSummary[];
  /** `?q` and `?cursor`. */
  place: Place;
  nextCursor: string | null;
  done?: string | undefined;
  dialog?: Child;
  deadLetters: { count: number; newest: DeadLetter[] };
}

/** Everybody in the organization, newest first. */
export function TeamPage({ c, organization, now, members, place, nextCursor, done, dialog, deadLetters }: TeamProps) {
  return (
    <Layout c={c} title="Team" organization={organization} tab={teamPath} done={done}>
      <div class="heading">
        <h1>Team</h1>
        <a class="button primary" id="add" href={addressOf(place, { dialog: 'add' })}>
          Add a member
        </a>
      </div>
      <DeadLetterNotice {...deadLetters} now={now} />
      <search>
        <form method="get" action={teamPath} class="filters">
          <Field label="Search by name or e-mail" name="q" type="search" value={place.query.q} />
          <button type="submit">Search</button>
        </form>
      </search>
      {members.length > 0 ? (
        <Members c={c} now={now} members={members} place={place} />
      ) : (
        <div class="empty">
          <p>No member is here.</p>
          <a href={teamPath}>Show all members</a>
        </div>
      )}
      <NextPage href={nextCursor === null ? null : addressOf(place, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}

function Members({ c, now, members, place }: Pick<TeamProps, 'c' | 'now' | 'members' | 'place'>) {
  return (
    <table class="list">
      <caption class="visually-hidden">Members, newest first</caption>
      <thead>
        <tr>
          {['Member', 'Role', 'Account', 'Tokens', 'Last use'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
          <th scope="col" class="wrap">
            {permission}
          </th>
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <tr>
            <th scope="row">
              <a href={memberPath(member.id)}>{nameOf(member)}</a>
              {member.name && <span class="sub">{member.email}</span>}
            </th>
            <td data-label="Role" class="words">
              {roleOf(member)}
            </td>
            <td data-label="Account">
              <Status status={member.disabled ? 'disabled' : 'active'} />
            </td>
            <td data-label="Tokens">{member.tokenCount}</td>
            <td data-label="Last use">
              {member.lastUsedAt === null ? 'never' : <Time at={member.lastUsedAt} now={now} />}
            </td>
            <td data-label={permission}>
              <PermissionSwitch c={c} user={member} place={place} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
