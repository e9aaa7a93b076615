import type { UpdateUserBody } from '../../../shared/schemas/users.ts';
import type { Caller } from '../../domain/caller.ts';
import type { AppDeps } from '../../http/context.ts';
import type { UserSummary } from '../../store/records.ts';
import type { Done } from '../shell/success-message.ts';

interface Action {
  changes: UpdateUserBody;
  revokesAll: boolean;
  resetsTotp?: boolean;
  done: Done;
}

/** What a superuser can do to a member, by the last part of the address it is posted to. */
const memberActions = {
  grant: { changes: { can_manage_tokens: true }, revokesAll: false, done: 'permission-granted' },
  ungrant: { changes: { can_manage_tokens: false }, revokesAll: false, done: 'permission-removed' },
  promote: { changes: { superuser: true }, revokesAll: false, done: 'member-promoted' },
  demote: { changes: { superuser: false }, revokesAll: false, done: 'member-demoted' },
  enable: { changes: { disabled: false }, revokesAll: false, done: 'member-enabled' },
  disable: { changes: { disabled: true }, revokesAll: false, done: 'member-disabled' },
  'reset-two-step': { changes: {}, revokesAll: false, resetsTotp: true, done: 'two-step-reset' },
  'revoke-tokens': { changes: {}, revokesAll: true, done: 'tokens-revoked' },
  offboard: { changes: { disabled: true }, revokesAll: true, done: 'member-offboarded' },
} as const satisfies Record<string, Action>;

export type MemberAction = keyof typeof memberActions;

export function isMemberAction(text: string | undefined): text is MemberAction {
  return text !== undefined && Object.hasOwn(memberActions, text);
}

/** Those that a member's state leaves to do. */
export function possibleActions({
  superuser,
  disabled,
  canManageTokens,
  tokenCount,
  totpEnabledAt,
}: UserSummary): MemberAction[] {
  return [
    canManageTokens ? 'ungrant' : 'grant',
    superuser ? 'demote' : 'promote',
    disabled ? 'enable' : 'disable',
    ...(totpEnabledAt === null ? [] : (['reset-two-step'] as const)),
    ...(tokenCount > 0 ? (['revoke-tokens'] as const) : []),
    ...(!disabled || tokenCount > 0 ? (['offboard'] as const) : []),
  ];
}

/** Those that would lock everybody out if they were done to the last enabled superuser. */
export function endsSuperuser(action: MemberAction): boolean {
  return action === 'demote' || action === 'disable' || action === 'offboard';
}

/**
 * Does it and answers what to say then. The account is disabled before its tokens are revoked: a refusal changes nothing.
 * @throws ProblemError `superuser-required`, `user-not-found`, `last-superuser`
 */
export async function performAction(
  { users, tokens, totp }: Pick<AppDeps, 'users' | 'tokens' | 'totp'>,
  caller: Caller,
  userId: string,
  action: MemberAction,
): Promise<Done> {
  const { changes, revokesAll, resetsTotp, done }: Action = memberActions[action];
  await users.update(caller, userId, changes);
  if (resetsTotp) await totp.reset(caller, userId);
  if (revokesAll) await tokens.revokeAllOf(caller, userId);
  return done;
}
