import { foldName } from '../../../../shared/names.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { hasJoined } from '../../accounts/member-status.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { voidLinks } from '../links/mailed-links.ts';
import { ssoRefused } from './notes.ts';
import { acceptedEmail, isAllowedDomain, isSameMailbox, type PersonRequest, type SsoPolicy } from './person.ts';
import {
  addressTaken,
  addressUnknown,
  addressUnverified,
  connectedElsewhere,
  domainRefused,
  notAMember,
  notConnected,
} from './refusals.ts';

export interface NewMemberDeps {
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  policy: SsoPolicy;
}

/**
 * Returns the member for a person who has never signed in here: the one who was invited with their email address, or a new
 * one if the policy allows that.
 *
 * @throws ProblemError `sso-refused`
 */
export async function joinAsMember(deps: NewMemberDeps, store: Store, request: PersonRequest): Promise<UserRecord> {
  const { policy } = deps;
  const { person } = request;
  if (person.email === null) throw addressUnknown(person, policy);
  const email = acceptedEmail(person, policy);
  if (email === null) throw addressUnverified(person, policy);
  if (!isAllowedDomain(email, policy)) throw domainRefused(person, policy);
  const holder = await store.users.findByEmail(foldName(email));
  if (holder !== null) return claimInvitation(deps, store, holder, request);
  if (!policy.autoProvision) throw notAMember(person, policy);
  return provisionMember(deps, store, email, request);
}

/** Binds the identity to a member who was invited or unbound. Rejects a member who has a password or an identity. */
async function claimInvitation(
  { clock, auditTrail }: NewMemberDeps,
  store: Store,
  user: UserRecord,
  { person, clientInfo }: PersonRequest,
): Promise<UserRecord> {
  if (!isSameMailbox(user.email, person.email ?? '')) throw addressTaken(person);
  if (!(await store.users.bindIdentity(user.id, person))) {
    const bound = await store.users.identityOf(user.id);
    throw bound === null ? notConnected(person, user) : connectedElsewhere(person, bound);
  }
  const event = { at: clock.now(), actor: actorOf(user), clientInfo, user };
  if (!hasJoined(user)) await store.users.setDates(user.id, { joinedAt: event.at });
  await auditTrail.user(store, 'user.sso_bound', event);
  await voidLinks(store, user.id);
  return user;
}

async function provisionMember(
  deps: NewMemberDeps,
  store: Store,
  email: string,
  { person, clientInfo }: PersonRequest,
): Promise<UserRecord> {
  const at = deps.clock.now();
  const user: UserRecord = {
    id: deps.newId(),
    email,
    emailFolded: foldName(email),
    name: person.name ?? '',
    superuser: false,
    auditor: false,
    disabled: false,
    canManageTokens: false,
    passwordHash: null,
    passwordUntilSso: false,
    sso: true,
    ssoSignedInAt: at,
    totpEnabledAt: null,
    passkeyCount: 0,
    ssoGroups: null,
    manualGroups: null,
    kind: 'member',
    description: null,
    createdAt: at,
    invitedAt: null,
    joinedAt: at,
    disabledAt: null,
  };
  if (!(await store.users.insert(user, person))) {
    throw ssoRefused('Another member took this email address just now. Try again.');
  }
  await deps.auditTrail.user(store, 'user.created', { at, actor: actorOf(user), clientInfo, user });
  return user;
}
