import type { Actor } from '../../../store/records.ts';
import { type MailText, mailText } from '../mail-content.ts';

/** Returns who made a change of the organization: an email address, with the management key if one was used, or a phrase. */
export function actorName({ kind, email, token }: Actor): MailText {
  if (kind === 'system') return 'the operator of the server';
  // The address of a member is shown whole, as in every other mail. Only what a client calls itself is untrusted.
  const name = kind === 'client' ? mailText`${email ?? 'unknown'}` : [email ?? 'unknown'];
  return token ? [...name, ...mailText` (management key ${token})`] : name;
}

/** Returns who changed the account of another member: a superuser, a management key, or the operator of the server. */
export function operatorName(actor: Actor): MailText {
  if (actor.kind === 'system') return 'the operator of the server';
  return actor.kind === 'service-account' ? machineName(actor) : `${actor.email} (Organization Superuser)`;
}

/** Returns the management key with its service account, or the service account whose token rotated itself. */
export function machineName({ id, email, token }: Actor): MailText {
  const account = `the service account ${(email ?? id ?? '').replace(/^service-account:/, '')}`;
  return token === undefined ? account : [...mailText`the management key ${token} of `, account];
}
