import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Notifier } from '../../notifications/notifier.ts';
import type { SignInNote } from './notes.ts';
import { updatePermissions } from './permissions.ts';
import { isAllowedDomain, type PersonRequest } from './person.ts';
import { domainRefused } from './refusals.ts';
import { updateSsoGroups } from './sso-groups.ts';
import { type UpdateDeps, updateDetails } from './updates.ts';

export interface ClaimDeps extends UpdateDeps {
  notifier: Notifier;
}

/** What a member is after the provider's claims were followed. */
export interface FollowedClaims {
  user: UserRecord;
  /** True if a permission stayed as it is because the provider did not list the member's groups. */
  unclear: boolean;
  notes: SignInNote[];
}

/**
 * Gives the member with this identity the permissions, the groups, the address and the name that the provider reported, and
 * records the single sign-on. Mails what the member lost.
 *
 * @throws SsoRefusal if the domain of the member's address is not allowed
 */
export async function followClaims(
  deps: ClaimDeps,
  store: Store,
  id: string,
  request: PersonRequest,
): Promise<FollowedClaims> {
  const { clock, notifier, policy } = deps;
  const { person, clientInfo } = request;
  // Permissions come first: removing a role locks all superusers, which must happen before this member is changed.
  const { lost, unclear, notes } = await updatePermissions(deps, store, id, request);
  const groups = await updateSsoGroups(deps, store, id, request);
  const details = await updateDetails(deps, store, id, request);
  await store.users.recordSsoSignIn(id, clock.now());
  const user = await store.users.findById(id);
  if (user === null || !isAllowedDomain(user.email, policy)) throw domainRefused(person, policy);
  if (lost.length > 0) {
    const event = { at: clock.now(), owner: user, clientInfo, lost, claim: policy.groupsClaim };
    await notifier.permissionLost(store, event);
  }
  // If permissions are unclear, a note has said so already.
  return { user, unclear, notes: [...notes, ...(unclear ? [] : groups), ...details] };
}
