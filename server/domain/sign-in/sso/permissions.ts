import type { Store } from '../../../store/store.ts';
import { systemActor } from '../../caller.ts';
import type { LostPermission } from '../../notifications/permission-mails.ts';
import type { SignInNote } from './notes.ts';
import { type GroupsUntold, isInGroup, type PersonRequest, type SsoPolicy } from './person.ts';
import type { UpdateDeps } from './updates.ts';

/** What a sign-in did to the member's permissions. */
export interface PermissionUpdate {
  lost: LostPermission[];
  /** True if a permission stayed as it is because the provider did not say whether the member is in its group. */
  unclear: boolean;
  notes: SignInNote[];
}

/**
 * Grants and removes permissions, so that they match the member's groups at the provider. A permission stays as it is if no
 * group is configured for it, or if the provider does not say whether the member is in that group. The last superuser stays
 * a superuser.
 */
export async function updatePermissions(
  deps: UpdateDeps,
  store: Store,
  id: string,
  request: PersonRequest,
): Promise<PermissionUpdate> {
  const { groups, received } = request.person;
  const about = { user: id, claim: deps.policy.groupsClaim };
  const update: PermissionUpdate = { lost: [], unclear: false, notes: [] };
  if (groups.untold === null || groups.listed.length > 0) {
    const fields = { ...about, groups: groups.listed.length };
    update.notes.push({ level: 'info', message: 'read the groups of a member', fields });
  }
  for (const rule of rulesOf(deps.policy)) {
    const member = isInGroup(groups, rule.group);
    if (member === null) update.unclear = true;
    else await apply(deps, store, { id, member, rule, request, update });
  }
  if (update.unclear) {
    const message = untoldMessages[groups.untold ?? 'missing'];
    update.notes.push({ level: 'warn', message, fields: { ...about, received } });
  }
  return update;
}

const untoldMessages: Record<GroupsUntold, string> = {
  missing:
    'the provider sent no groups, so permissions stay as they are: set TOKENSD_OIDC_SCOPES or TOKENSD_OIDC_GROUPS_CLAIM, or add the claim at the provider',
  overage:
    'the provider did not list all groups, so permissions stay as they are: limit the groups in the claim at the provider',
  unreadable:
    'the groups in the claim cannot be read, so permissions stay as they are: set TOKENSD_OIDC_GROUPS_CLAIM, or change the claim at the provider',
};

/** A permission that follows a group. */
interface GroupRule extends LostPermission {
  setting: string;
}

function rulesOf({ superuserGroup, tokensGroup }: SsoPolicy): GroupRule[] {
  const rules: GroupRule[] = [];
  if (superuserGroup !== null) {
    rules.push({ permission: 'superuser', group: superuserGroup, setting: 'TOKENSD_OIDC_SUPERUSER_GROUP' });
  }
  if (tokensGroup !== null)
    rules.push({ permission: 'tokens', group: tokensGroup, setting: 'TOKENSD_OIDC_TOKENS_GROUP' });
  return rules;
}

const changes = {
  superuser: {
    granted: { action: 'user.promoted', message: 'a member became a superuser' },
    removed: { action: 'user.demoted', message: 'a member is no longer a superuser' },
  },
  tokens: {
    granted: { action: 'user.permission_granted', message: 'a member received the permission' },
    removed: { action: 'user.permission_removed', message: 'a member lost the permission' },
  },
} as const;

async function apply(
  { clock, auditTrail, policy }: UpdateDeps,
  store: Store,
  step: { id: string; member: boolean; rule: GroupRule; request: PersonRequest; update: PermissionUpdate },
): Promise<void> {
  const { id, member, rule, request, update } = step;
  const { permission, group, setting } = rule;
  const changed = await (permission === 'superuser'
    ? store.users.setSuperuser(id, member)
    : store.users.setCanManageTokens(id, member));
  if (!changed) return;
  const fields = { user: id, claim: policy.groupsClaim, group, setting };
  if (changed === 'last-superuser') {
    const message = 'the last superuser keeps the role, although the provider does not list them in the group';
    update.notes.push({ level: 'warn', message, fields });
    return;
  }
  const { action, message } = changes[permission][member ? 'granted' : 'removed'];
  const user = { id, email: (await store.users.findById(id))?.email ?? '' };
  const { clientInfo } = request;
  await auditTrail.user(store, action, { at: clock.now(), actor: systemActor, clientInfo, user });
  update.notes.push({ level: 'info', message, fields });
  if (!member) update.lost.push({ permission, group });
}
