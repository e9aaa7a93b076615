import type { UpdateUserBody } from '../../../../shared/schemas/accounts/users.ts';
import type { Invitation } from '../../../domain/accounts/invitations.ts';
import { memberStatus } from '../../../domain/accounts/member-status.ts';
import type { Caller } from '../../../domain/caller.ts';
import { hasSecondFactor } from '../../../domain/sign-in/has-second-factor.ts';
import type { AppDeps } from '../../../http/context.ts';
import type { UserSummary } from '../../../store/records.ts';
import type { MessageCode, MessageNames } from '../../shell/messages/texts.ts';

/** The messages that name a member and nothing else. */
type MemberMessage = {
  [Code in MessageCode]: MessageNames<Code> extends [member: string] ? Code : never;
}[MessageCode];

interface Action {
  changes: UpdateUserBody;
  revokesAll: boolean;
  resetsTotp?: boolean;
  unbinds?: boolean;
  endsSessions?: boolean;
  invites?: boolean;
  deletes?: boolean;
  erases?: boolean;
  code: MemberMessage;
}

/** The actions that a superuser can perform on a member. Each key is the last segment of the path of its POST. */
const memberActions = {
  grant: { changes: { can_manage_tokens: true }, revokesAll: false, code: 'permission-granted' },
  ungrant: { changes: { can_manage_tokens: false }, revokesAll: false, code: 'permission-removed' },
  invite: { changes: {}, revokesAll: false, invites: true, code: 'member-invited' },
  promote: { changes: { superuser: true }, revokesAll: false, code: 'member-promoted' },
  demote: { changes: { superuser: false }, revokesAll: false, code: 'member-demoted' },
  'make-auditor': { changes: { auditor: true }, revokesAll: false, code: 'auditor-granted' },
  'remove-auditor': { changes: { auditor: false }, revokesAll: false, code: 'auditor-removed' },
  enable: { changes: { disabled: false }, revokesAll: false, code: 'member-enabled' },
  disable: { changes: { disabled: true }, revokesAll: false, code: 'member-disabled' },
  'reset-two-step': { changes: {}, revokesAll: false, resetsTotp: true, code: 'totp-reset' },
  unbind: { changes: {}, revokesAll: false, unbinds: true, code: 'member-unbound' },
  'end-sessions': { changes: {}, revokesAll: false, endsSessions: true, code: 'member-sessions-ended' },
  'revoke-tokens': { changes: {}, revokesAll: true, code: 'tokens-revoked' },
  delete: { changes: {}, revokesAll: false, deletes: true, code: 'member-deleted' },
  erase: { changes: {}, revokesAll: false, erases: true, code: 'member-erased' },
} as const satisfies Record<string, Action>;

export type MemberAction = keyof typeof memberActions;

/** The actions that ask for confirmation: all except granting the permission. */
export type ConfirmedAction = Exclude<MemberAction, 'grant'> | 'invitation-link';

export function isConfirmedAction(text: string | undefined): text is ConfirmedAction {
  return text === 'invitation-link' || (isMemberAction(text) && text !== 'grant');
}

/** The actions that can leave service accounts without an enabled maintainer. Only a disabled member is erased, who maintains none. */
export const orphaning: readonly ConfirmedAction[] = ['disable', 'delete'];

/** The actions that the page of a member offers. An offboarding has a form of its own, and a new link a page. */
export type OfferedAction = MemberAction | 'offboard' | 'invitation-link';

export function isMemberAction(text: string | undefined): text is MemberAction {
  return text !== undefined && Object.hasOwn(memberActions, text);
}

/** Returns the actions that apply to the member's current state. Some do not apply to oneself, because a stolen session could use them. */
export function possibleActions(user: UserSummary, isSelf: boolean): OfferedAction[] {
  const { superuser, auditor, disabled, canManageTokens, tokenCount } = user;
  return [
    canManageTokens ? 'ungrant' : 'grant',
    ...(memberStatus(user) === 'invited' ? (['invite', 'invitation-link'] as const) : []),
    superuser ? 'demote' : 'promote',
    auditor ? 'remove-auditor' : 'make-auditor',
    disabled ? 'enable' : 'disable',
    ...(hasSecondFactor(user) && !isSelf ? (['reset-two-step'] as const) : []),
    ...(user.hasIdentity && !isSelf ? (['unbind'] as const) : []),
    ...(memberStatus(user) === 'active' && !isSelf ? (['end-sessions'] as const) : []),
    ...(tokenCount > 0 ? (['revoke-tokens'] as const) : []),
    ...endings(user, isSelf),
  ];
}

/** Returns the actions that end an account, which nobody does to their own. Only a disabled member can be erased. */
function endings({ disabled, tokenCount }: UserSummary, isSelf: boolean): OfferedAction[] {
  if (isSelf) return [];
  return [
    ...(!disabled || tokenCount > 0 ? (['offboard'] as const) : []),
    'delete',
    ...(disabled ? (['erase'] as const) : []),
  ];
}

/** Returns the possible actions, without those that would leave the organization without a superuser. */
export function offeredActions({ user, isSelf, isLastSuperuser }: Subject): OfferedAction[] {
  const actions = possibleActions(user, isSelf);
  return isLastSuperuser ? actions.filter((action) => action !== 'demote' && action !== 'disable') : actions;
}

interface Subject {
  user: UserSummary;
  /** Whether the superuser acts on their own account. */
  isSelf: boolean;
  /** Whether the member is the only enabled superuser. */
  isLastSuperuser: boolean;
}

interface Outcome {
  code: MemberMessage;
  user: UserSummary;
  /** Set if the action invited the member. */
  invitation?: Invitation;
}

/**
 * Performs the action and returns its outcome. Updates the account first, so that nothing changes if the update is
 * rejected.
 *
 * @throws ProblemError `superuser-required`, `user-not-found`, `last-superuser`, `already-joined`, `not-connected`,
 * `own-account`, `disable-first`
 */
export async function performAction(
  {
    users,
    invitations,
    tokens,
    totp,
    unbinding,
    memberSessions,
  }: Pick<AppDeps, 'users' | 'invitations' | 'tokens' | 'totp' | 'unbinding' | 'memberSessions'>,
  caller: Caller,
  userId: string,
  action: MemberAction,
): Promise<Outcome> {
  const { changes, revokesAll, resetsTotp, unbinds, endsSessions, invites, deletes, erases, code }: Action =
    memberActions[action];
  const user = await users.update(caller, userId, changes);
  if (resetsTotp) await totp.reset(caller, userId);
  if (unbinds) await unbinding.unbind(caller, userId);
  if (endsSessions) await memberSessions.endAll(caller, userId);
  if (revokesAll) await tokens.revokeAllOf(caller, userId);
  if (deletes) await users.delete(caller, userId);
  if (erases && !(await users.erase(caller, userId))) return { code: 'member-being-erased', user };
  return { code, user, ...(invites && { invitation: await invitations.inviteAgain(caller, userId) }) };
}
