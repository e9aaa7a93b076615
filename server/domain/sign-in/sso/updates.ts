import type { AuditAction } from '../../../../shared/audit-actions.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { systemActor } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { SignInNote } from './notes.ts';
import { acceptedEmail, isAllowedDomain, isSameMailbox, type PersonRequest, type SsoPolicy } from './person.ts';

export interface UpdateDeps {
  clock: Clock;
  auditTrail: AuditTrail;
  policy: SsoPolicy;
}

/**
 * Gives the member the email address and the name that the provider reported. Keeps the address if the policy does not let
 * the new one count, its domain is not allowed, or another member has it. Returns notes on what changed and what did not.
 */
export async function updateDetails(
  deps: UpdateDeps,
  store: Store,
  id: string,
  request: PersonRequest,
): Promise<SignInNote[]> {
  const email = await updateEmail(deps, store, id, request);
  const name = await updateName(deps, store, id, request);
  return [...email, ...name];
}

async function updateEmail(deps: UpdateDeps, store: Store, id: string, request: PersonRequest): Promise<SignInNote[]> {
  const { person } = request;
  const claim = deps.policy.emailClaim;
  const kept = async (setting: string | null, reason: string): Promise<SignInNote[]> => {
    const current = (await store.users.findById(id))?.email ?? '';
    if (person.email === null || isSameMailbox(person.email, current)) return [];
    const fields = { user: id, claim, ...(setting !== null && { setting }) };
    return [{ level: 'warn', message: `the member keeps their email address: ${reason}`, fields }];
  };
  const email = acceptedEmail(person, deps.policy);
  if (email === null) {
    return kept('TOKENSD_OIDC_EMAIL_VERIFIED', 'the provider names another one, but does not say that it is verified');
  }
  if (!isAllowedDomain(email, deps.policy)) {
    return kept('TOKENSD_OIDC_ALLOWED_DOMAINS', 'the domain of the one that the provider names is not allowed');
  }
  const changed = await store.users.setEmail(id, email);
  if (changed === 'email-taken') return kept(null, 'another member has the one that the provider names');
  if (!changed) return [];
  await audit(deps, store, 'user.email_changed', { id, email }, request);
  return [{ level: 'info', message: 'the email address of a member changed', fields: { user: id, claim } }];
}

async function updateName(deps: UpdateDeps, store: Store, id: string, request: PersonRequest): Promise<SignInNote[]> {
  const { name } = request.person;
  if (name === null || !(await store.users.setName(id, name))) return [];
  const email = (await store.users.findById(id))?.email ?? '';
  await audit(deps, store, 'user.renamed', { id, email }, request);
  return [{ level: 'info', message: 'the name of a member changed', fields: { user: id, claim: 'name' } }];
}

async function audit(
  { clock, auditTrail }: UpdateDeps,
  store: Store,
  action: AuditAction,
  user: { id: string; email: string },
  { clientInfo }: PersonRequest,
): Promise<void> {
  await auditTrail.user(store, action, { at: clock.now(), actor: systemActor, clientInfo, user });
}
