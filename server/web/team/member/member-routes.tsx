import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { ProblemError } from '../../../../shared/problem.ts';
import { JustConfirmed, requireSent } from '../../../domain/sign-in/confirmation/required.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import type { TokenRecord, UserSummary } from '../../../store/records.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { text } from '../../shell/form-values.ts';
import type { MessageDeps } from '../../shell/messages/messages.ts';
import { formatUrl } from '../../shell/page-url.ts';
import { safeReturnPath, startPath } from '../../shell/return-path.ts';
import { statusOfOwnerList } from '../../tokens/list/counted-page.ts';
import { searchForPrefix } from '../../tokens/list/search-for-prefix.ts';
import { RevokeTokenDialog, usesBeforeRevocation } from '../../tokens/revoke-token-dialog.tsx';
import { InvitationLinkPage } from '../invitation-link-page.tsx';
import { memberName } from '../member-labels.ts';
import { memberPath, teamPath } from '../team-paths.ts';
import { EditMemberDialog } from './edit-member-dialog.tsx';
import { type EditMemberForm, editMemberBody, editMemberForm, readEditMemberForm } from './edit-member-form.ts';
import { factsOfMember } from './facts-of-member.ts';
import { MemberActionDialog } from './member-action-dialog.tsx';
import {
  type ConfirmedAction,
  isConfirmedAction,
  isMemberAction,
  type MemberAction,
  offeredActions,
  orphaning,
  performAction,
} from './member-actions.ts';
import { MemberPage } from './member-page.tsx';
import { memberId, readPageUrl } from './member-url.ts';
import { OffboardDialog } from './offboard/offboard-dialog.tsx';
import { emptyOffboardForm, type OffboardForm, readOffboardForm } from './offboard/offboard-form.ts';
import { performOffboarding } from './offboard/perform-offboarding.ts';
import { endSessionDialog } from './sign-in/member-session-routes.tsx';

type MemberPagesDeps = Pick<
  AppDeps,
  | 'users'
  | 'memberSessions'
  | 'passkeys'
  | 'audit'
  | 'offboarding'
  | 'serviceAccounts'
  | 'invitations'
  | 'unbinding'
  | 'tokens'
  | 'usage'
  | 'totp'
  | 'clock'
  | 'statusContext'
  | 'config'
> &
  MessageDeps;

/** Problems of an action that the member's page shows. */
const shownOnPage: readonly string[] = ['last-superuser', 'already-joined', 'not-connected', 'own-account'];

/** Routes of `/organization/team/{id}`: one member, which auditors only read, and what a superuser can do there. */
export function memberPages(deps: MemberPagesDeps) {
  const { users, invitations, offboarding, serviceAccounts, tokens, usage, clock, statusContext, config, messages } =
    deps;
  const path = `${teamPath}/:id` as const;

  return new Hono<AppEnv>()
    .get(path, async (c) => {
      const member = await loadMember(c);
      const found = searchForPrefix(c);
      return (
        found ?? c.render(await page(c, member, { dialog: await requestedDialog(c, member) }), statusOfOwnerList(c))
      );
    })
    .post(`${path}/edit`, async (c) => {
      const form = readEditMemberForm(await c.req.parseBody());
      try {
        requireSent(c.get('caller'));
        const user = await users.update(c.get('caller'), memberId(c), editMemberBody(form));
        return messages.redirect(c, memberPath(user.id), 'member-changed', memberName(user));
      } catch (error) {
        const problem = expectProblem(error);
        const member = await loadMember(c);
        const dialog = editDialog(c, member.user, form, problem);
        return renderProblem(c, problem, await page(c, member, { dialog }));
      }
    })
    .post(`${path}/offboard`, async (c) => {
      const form = readOffboardForm(await c.req.parseBody());
      try {
        const { user, receiver } = await performOffboarding(deps, c.get('caller'), memberId(c), form);
        const path = memberPath(user.id);
        if (receiver === null) return messages.redirect(c, path, 'member-offboarded', memberName(user));
        const code = receiver.orphaned ? 'member-offboarded-unmaintained' : 'member-offboarded-transferred';
        return messages.redirect(c, path, code, memberName(user), receiver.name);
      } catch (error) {
        const problem = expectProblem(error);
        const member = await loadMember(c);
        if (shownOnPage.includes(problem.code)) {
          return renderProblem(c, problem, await page(c, member, { error: `Nothing was changed. ${problem.message}` }));
        }
        return renderProblem(
          c,
          problem,
          await page(c, member, { dialog: await offboardDialog(c, member, form, problem) }),
        );
      }
    })
    .post(`${path}/invitation-link`, async (c) => {
      try {
        requireSent(c.get('caller'));
        const member = await users.get(c.get('caller'), memberId(c));
        const { link, expiresAt } = await invitations.createLink(c.get('caller'), member.id);
        const shown = { member, link: link.reveal(), expiresAt, replaces: member.invitedAt !== null };
        return c.render(<InvitationLinkPage {...shown} copied />);
      } catch (error) {
        if (error instanceof JustConfirmed) return actionAgain(c, 'invitation-link', error);
        return renderRejected(c, error);
      }
    })
    .post(`${path}/:action`, async (c) => {
      const action = c.req.param('action');
      if (!isMemberAction(action)) return c.notFound();
      const back = text((await c.req.parseBody()).back);
      try {
        requireSent(c.get('caller'));
        const { code, user, invitation } = await performAction(deps, c.get('caller'), memberId(c), action);
        if (invitation?.link) {
          const { link, expiresAt } = invitation;
          return c.render(<InvitationLinkPage member={user} link={link.reveal()} expiresAt={expiresAt} />);
        }
        if (action === 'demote' && user.id === c.get('caller').user.id)
          return messages.redirect(c, startPath, 'own-role-removed');
        return messages.redirect(c, destination(c, action, back), code, memberName(user));
      } catch (error) {
        const problem = expectProblem(error);
        if (problem instanceof JustConfirmed) return actionAgain(c, action, problem);
        return renderRejected(c, problem);
      }
    })
    .post(`${path}/tokens/:token/revoke`, async (c) => {
      const { id, name } = await tokenOfMember(c, c.req.param('token'));
      await tokens.revoke(c.get('caller'), id);
      return messages.redirect(c, formatUrl(readPageUrl(c)), 'token-revoked', name);
    });

  /** Shows on the page of the member why an action was rejected. */
  async function renderRejected(c: AppContext, error: unknown) {
    const problem = expectProblem(error);
    if (!shownOnPage.includes(problem.code)) throw problem;
    const member = await loadMember(c);
    return renderProblem(c, problem, await page(c, member, { error: `Nothing was changed. ${problem.message}` }));
  }

  /** Shows the dialog of an action again, after a confirmation. */
  async function actionAgain(c: AppContext, action: ConfirmedAction | 'grant', problem: ProblemError) {
    // Granting the permission has no dialog, and needs no confirmation.
    if (action === 'grant') throw problem;
    const member = await loadMember(c);
    return renderProblem(c, problem, await page(c, member, { dialog: await actionDialog(c, member, action, problem) }));
  }

  async function actionDialog(c: AppContext, member: LoadedMember, action: ConfirmedAction, problem?: ProblemError) {
    const hasSecretLink = invitations.hasSecretLink(member.user);
    const caller = c.get('caller');
    const orphaned = orphaning.includes(action) ? await serviceAccounts.onlyMaintainedBy(caller, member.user.id) : [];
    const props = { ...member, hasSecretLink, orphaned, action, pageUrl: readPageUrl(c), problem };
    return <MemberActionDialog {...props} />;
  }

  async function loadMember(c: AppContext) {
    const caller = c.get('caller');
    const id = memberId(c);
    const user = await users.get(caller, id);
    const activeTokens = await tokens.countActive(caller, id);
    return { user, activeTokens, isSelf: id === caller.user.id, isLastSuperuser: await isLastSuperuser(user) };
  }

  type LoadedMember = Awaited<ReturnType<typeof loadMember>>;

  async function page(c: AppContext, member: LoadedMember, rest: { error?: string; dialog?: Child }) {
    return <MemberPage {...member} {...rest} {...(await factsOfMember(deps, c, member.user))} />;
  }

  async function requestedDialog(c: AppContext, member: LoadedMember): Promise<Child> {
    if (!c.get('caller').user.superuser) return null;
    const { user } = member;
    const action = c.req.query('dialog');
    if (action === 'end-session') return endSessionDialog(deps, c, user);
    if (action === 'revoke') return revokeDialog(c);
    if (action === 'edit') return editDialog(c, user, editMemberForm(user));
    const offered = offeredActions(member).find((one) => one === action);
    if (offered === 'offboard') return offboardDialog(c, member, emptyOffboardForm);
    return isConfirmedAction(offered) ? actionDialog(c, member, offered) : null;
  }

  async function revokeDialog(c: AppContext) {
    const pageUrl = readPageUrl(c);
    const token = await tokenOfMember(c, c.req.query('token') ?? '');
    const target = formatUrl({ ...pageUrl, path: `${pageUrl.path}/tokens/${token.id}/revoke` });
    const closeHref = `${formatUrl(pageUrl)}#actions-${token.id}`;
    const facts = {
      token,
      usage: await usage.ofToken(c.get('caller'), token, usesBeforeRevocation),
      statusContext: statusContext(),
    };
    return <RevokeTokenDialog {...facts} action={target} closeHref={closeHref} />;
  }

  async function offboardDialog(c: AppContext, { user }: LoadedMember, form: OffboardForm, problem?: ProblemError) {
    const caller = c.get('caller');
    return (
      <OffboardDialog
        user={user}
        plan={await offboarding.plan(caller, user.id)}
        offeredAccounts={await serviceAccounts.offer(caller)}
        form={form}
        closeHref={`${formatUrl(readPageUrl(c))}#offboard`}
        now={clock.now()}
        problem={problem}
      />
    );
  }

  function editDialog(c: AppContext, member: UserSummary, form: EditMemberForm, problem?: ProblemError): Child {
    const closeHref = `${formatUrl(readPageUrl(c))}#edit`;
    return <EditMemberDialog member={member} closeHref={closeHref} form={form} problem={problem} />;
  }

  /** Returns the member's token. @throws ProblemError `token-not-found`, also for another member's token */
  async function tokenOfMember(c: AppContext, tokenId: string): Promise<TokenRecord> {
    const token = await tokens.get(c.get('caller'), tokenId);
    if (token.ownerId !== memberId(c)) throw new ProblemError('token-not-found', 'This member has no such token.');
    return token;
  }

  async function isLastSuperuser({ superuser, disabled }: UserSummary): Promise<boolean> {
    return superuser && !disabled && (await users.superusers()).length === 1;
  }

  /** Returns the path to open after an action. Superusers who disable themselves are signed out. */
  function destination(c: AppContext, action: MemberAction, back: string): string {
    const id = memberId(c);
    if (action === 'delete' || action === 'erase') return teamPath;
    if (action === 'disable' && id === c.get('caller').user.id) return '/login';
    return back.startsWith(teamPath) ? safeReturnPath(back, config.publicUrl) : memberPath(id);
  }
}
