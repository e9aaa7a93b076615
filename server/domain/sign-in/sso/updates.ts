import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { systemActor } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { isAllowedDomain, type PersonRequest, type SsoPolicy, verifiedEmail } from './person.ts';

export interface UpdateDeps {
  clock: Clock;
  auditTrail: AuditTrail;
  policy: SsoPolicy;
}

/**
 * Changes the member's email address to the one that the provider verified. Leaves it unchanged if the domain is not allowed
 * or another member has the address.
 */
export async function updateEmail(
  { clock, auditTrail, policy }: UpdateDeps,
  store: Store,
  id: string,
  { person, clientInfo }: PersonRequest,
): Promise<void> {
  const email = verifiedEmail(person);
  if (email === null || !isAllowedDomain(email, policy)) return;
  if ((await store.users.setEmail(id, email)) !== true) return;
  const event = { at: clock.now(), actor: systemActor, clientInfo, user: { id, email } };
  await auditTrail.user(store, 'user.email_changed', event);
}

/**
 * Grants and removes permissions, so that they match the member's groups at the provider. A permission without a
 * configured group stays as it is. The last superuser stays a superuser.
 */
export async function updatePermissions(
  { clock, auditTrail, policy }: UpdateDeps,
  store: Store,
  id: string,
  { person, clientInfo }: PersonRequest,
): Promise<void> {
  const { superuserGroup, tokensGroup } = policy;
  const user = { id, email: (await store.users.findById(id))?.email ?? '' };
  const event = { at: clock.now(), actor: systemActor, clientInfo, user };
  if (superuserGroup !== null) {
    const superuser = person.groups.includes(superuserGroup);
    const changed = await store.users.setSuperuser(id, superuser);
    if (changed === true) await auditTrail.user(store, superuser ? 'user.promoted' : 'user.demoted', event);
  }
  if (tokensGroup !== null) {
    const granted = person.groups.includes(tokensGroup);
    const action = granted ? 'user.permission_granted' : 'user.permission_removed';
    if (await store.users.setCanManageTokens(id, granted)) await auditTrail.user(store, action, event);
  }
}
