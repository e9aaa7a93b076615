import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import pLimit from 'p-limit';
import { inviteSeveral } from '../../domain/accounts/invite-several.ts';
import { requireSent } from '../../domain/sign-in/confirmation/required.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { userObject } from '../../http/representations.ts';
import { csvResponse } from '../shell/download/csv.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { AddMemberDialog } from './add-member-dialog.tsx';
import { addMemberBody, emptyAddMemberForm, readAddMemberForm } from './add-member-form.ts';
import { InvitationLinkPage } from './invitation-link-page.tsx';
import { InviteDialog } from './invite/invite-dialog.tsx';
import { emptyInviteForm, readInviteForm } from './invite/invite-form.ts';
import { InviteResultsPage } from './invite/invite-results-page.tsx';
import { readAddresses } from './invite/pasted-addresses.ts';
import { MemberActionDialog } from './member/member-action-dialog.tsx';
import { possibleActions } from './member/member-actions.ts';
import { memberName } from './member-labels.ts';
import { memberCsvColumns, memberRow } from './member-rows.ts';
import { TeamPage } from './team-page.tsx';
import { invitePath, teamPath } from './team-paths.ts';

type TeamPagesDeps = Pick<AppDeps, 'users' | 'invitations' | 'tokens' | 'deadLetters' | 'clock' | 'log' | 'config'> &
  MessageDeps;

/** Routes of `/organization/team`: all members, for superusers and auditors. Only superusers change them. */
export function teamPages(deps: TeamPagesDeps) {
  const { users, invitations, tokens, deadLetters, clock, log, config, messages } = deps;
  // Only one download reads at a time, so that lists get their turns.
  const oneAtATime = pLimit(1);
  return new Hono<AppEnv>()
    .get(teamPath, async (c) => {
      const pageUrl = readPageUrl(c);
      return c.render(await page(c, pageUrl, await requestedDialog(c, pageUrl)));
    })
    .get(`${teamPath}.csv`, (c) => {
      const { q } = readPageUrl(c).query;
      const read = (page: { limit: number; cursor: string | undefined }) =>
        readPage(
          { ...page, ...(q !== undefined && { q }) },
          (query) => oneAtATime(() => users.list(c.get('caller'), query)),
          (user) => memberRow(userObject(user), config.publicUrl),
        );
      return csvResponse({ clock, log }, c, { name: 'members', columns: memberCsvColumns }, read);
    })
    .post(teamPath, async (c) => {
      const posted = await c.req.parseBody();
      const form = readAddMemberForm(posted);
      try {
        requireSent(c.get('caller'));
        const { user, invitation } = await users.create(c.get('caller'), addMemberBody(form, text(posted.password)));
        if (invitation?.link) {
          const { link, expiresAt } = invitation;
          return c.render(<InvitationLinkPage member={user} link={link.reveal()} expiresAt={expiresAt} />);
        }
        const code = invitation === null ? 'member-added' : 'member-invited';
        return messages.redirect(c, teamPath, code, memberName(user));
      } catch (error) {
        const problem = expectProblem(error);
        const dialog = <AddMemberDialog closeHref={`${teamPath}#add`} form={form} problem={problem} />;
        return renderProblem(c, problem, await page(c, { path: teamPath, query: {} }, dialog));
      }
    })
    .post(invitePath, async (c) => {
      const form = readInviteForm(await c.req.parseBody());
      try {
        const results = await inviteSeveral(users, c.get('caller'), readAddresses(form.addresses), form);
        return c.render(<InviteResultsPage results={results} canManageTokens={form.canManageTokens} />);
      } catch (error) {
        const problem = expectProblem(error);
        const dialog = <InviteDialog closeHref={`${teamPath}#invite-several`} form={form} problem={problem} />;
        return renderProblem(c, problem, await page(c, { path: teamPath, query: {} }, dialog));
      }
    });

  async function page(c: AppContext, pageUrl: PageUrl, dialog: Child) {
    const { q, cursor } = pageUrl.query;
    const { items, next_cursor } = await readPage(
      { cursor, ...(q !== undefined && { q }) },
      (query) => users.list(c.get('caller'), query),
      (user) => user,
    );
    return (
      <TeamPage
        now={clock.now()}
        members={items}
        pageUrl={pageUrl}
        nextCursor={next_cursor}
        dialog={dialog}
        deadLetters={await deadLetters.summary(c.get('caller'))}
      />
    );
  }

  async function requestedDialog(c: AppContext, pageUrl: PageUrl): Promise<Child> {
    const { dialog, id = '' } = c.req.query();
    if (!c.get('caller').user.superuser) return null;
    if (dialog === 'add') return <AddMemberDialog closeHref={`${formatUrl(pageUrl)}#add`} form={emptyAddMemberForm} />;
    if (dialog === 'invite-several')
      return <InviteDialog closeHref={`${formatUrl(pageUrl)}#invite-several`} form={emptyInviteForm} />;
    if (dialog !== 'ungrant' && dialog !== 'invite' && dialog !== 'invitation-link') return null;
    const caller = c.get('caller');
    const user = await users.get(caller, id);
    if (!possibleActions(user, id === caller.user.id).includes(dialog)) return null;
    const activeTokens = await tokens.countActive(caller, id);
    const isSelf = id === caller.user.id;
    return (
      <MemberActionDialog
        action={dialog}
        pageUrl={pageUrl}
        user={user}
        activeTokens={activeTokens}
        isSelf={isSelf}
        hasSecretLink={invitations.hasSecretLink(user)}
        orphaned={[]}
      />
    );
  }
}

function readPageUrl(c: AppContext): PageUrl {
  const { q, cursor } = c.req.query();
  return { path: teamPath, query: { q: q?.trim() || undefined, cursor: cursor || undefined } };
}
