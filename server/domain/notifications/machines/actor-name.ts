import type { Actor } from '../../../store/records.ts';
import { type MailText, mailText } from '../mail-content.ts';

/** Returns who made a change of the organization: an email address, with the management key if one was used, or a phrase. */
export function actorName({ kind, email, token }: Actor): MailText {
  if (kind === 'system') return 'the operator of the server';
  return token ? mailText`${email ?? 'unknown'} (management key ${token})` : mailText`${email ?? 'unknown'}`;
}
