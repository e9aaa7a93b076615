import { foldName } from '../../../../shared/names.ts';
import { userNameSchema } from '../../../../shared/schemas/common.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import {
  domainRefused,
  isAllowedDomain,
  type PersonRequest,
  type SsoPolicy,
  ssoRefused,
  verifiedEmail,
} from './person.ts';

export interface NewMemberDeps {
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  policy: SsoPolicy;
}

/**
 * Returns the member for a person who has never signed in here: the one who was invited with their verified email address,
 * or a new one if the policy allows that.
 *
 * @throws ProblemError `sso-refused`
 */
export async function joinAsMember(deps: NewMemberDeps, store: Store, request: PersonRequest): Promise<UserRecord> {
  const email = verifiedEmail(request.person);
  if (email === null) {
    throw ssoRefused('Your identity provider has not verified an email address for you. Ask its administrator.');
  }
  if (!isAllowedDomain(email, deps.policy)) throw domainRefused();
  const holder = await store.users.findByEmail(foldName(email));
  if (holder !== null) return claimInvitation(deps, store, holder, request);
  if (!deps.policy.autoProvision) {
    throw ssoRefused('You are not a member of this organization. Ask an Organization Superuser to add you.');
  }
  return provisionMember(deps, store, email, request);
}

/** Binds the identity to an invited member. Rejects a member who already has a password or an identity. */
async function claimInvitation(
  { clock, auditTrail }: NewMemberDeps,
  store: Store,
  user: UserRecord,
  { person, clientInfo }: PersonRequest,
): Promise<UserRecord> {
  if (!isSameMailbox(user.email, person.email ?? '') || !(await store.users.bindIdentity(user.id, person))) {
    throw ssoRefused(
      'The account with this email address does not use single sign-on. Sign in with its password, or ask an Organization Superuser.',
    );
  }
  const event = { at: clock.now(), actor: actorOf(user), clientInfo, user };
  await auditTrail.user(store, 'user.sso_bound', event);
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
    name: userNameSchema.safeParse(person.name ?? '').data ?? '',
    superuser: false,
    disabled: false,
    canManageTokens: false,
    passwordHash: null,
    passwordUntilSso: false,
    sso: true,
    ssoSignedInAt: at,
    totpEnabledAt: null,
    createdAt: at,
  };
  if (!(await store.users.insert(user, person))) {
    throw ssoRefused('Another member took this email address just now. Try again.');
  }
  await deps.auditTrail.user(store, 'user.created', { at, actor: actorOf(user), clientInfo, user });
  return user;
}

/**
 * Compares addresses exactly, except for the case of A to Z. Folded addresses are not enough here: they are equal for
 * `straße@…` and `strasse@…`, which can be mailboxes of two people.
 */
function isSameMailbox(one: string, other: string): boolean {
  const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return lower(one) === lower(other);
}
