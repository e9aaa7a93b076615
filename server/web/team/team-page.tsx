import type { Child } from 'hono/jsx';
import type { DeadLetter, UserSummary } from '../../store/records.ts';
import { SearchField } from '../shell/components/form.tsx';
import { NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { DeadLetterNotice } from './dead-letter-notice.tsx';
import { MemberList } from './member-list.tsx';
import { teamPath } from './team-paths.ts';

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
        <div class="buttons">
          <a class="button" href={formatUrl({ path: `${teamPath}.csv`, query: { q: pageUrl.query.q } })} download>
            Download CSV
          </a>
          {useMember().superuser && (
            <>
              <a class="button" id="add" href={formatUrl(pageUrl, { dialog: 'add' })}>
                Add a member
              </a>
              <a class="button primary" id="invite-several" href={formatUrl(pageUrl, { dialog: 'invite-several' })}>
                Invite members
              </a>
            </>
          )}
        </div>
      </div>
      <DeadLetterNotice {...deadLetters} now={now} />
      <search>
        <form method="get" action={teamPath} class="filters">
          <SearchField label="Search by name or email" name="q" value={pageUrl.query.q} />
          <button type="submit">Search</button>
          {pageUrl.query.q !== undefined && (
            <a class="button" href={teamPath}>
              Clear
            </a>
          )}
        </form>
      </search>
      {members.length > 0 ? (
        <MemberList now={now} members={members} pageUrl={pageUrl} />
      ) : (
        <NothingMatches lead="No members match." clearHref={teamPath} />
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}
