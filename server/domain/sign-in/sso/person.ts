import { foldName } from '../../../../shared/names.ts';
import { plainGroup } from '../../../../shared/schemas/accounts/groups.ts';
import { emailSchema } from '../../../../shared/schemas/common.ts';
import type { Identity } from '../../../store/records.ts';
import type { ClientInfo } from '../../caller.ts';
import type { SignInNote } from './notes.ts';

/**
 * The person who signed in, as described by the identity provider. Each value has three states: the provider said yes, it
 * said no, or it did not say. Nothing may be taken away from a member because the provider did not say something.
 */
export interface Person extends Identity {
  /** A well-formed address as the provider wrote it, or null if it did not name one. */
  email: string | null;
  /** Whether the address belongs to the person. Null if the provider did not say. */
  emailVerified: boolean | null;
  /** A name that a member may have, or null if the provider did not name one. */
  name: string | null;
  groups: Groups;
  /** Id of the provider's own session. */
  sid: string | null;
  /** The names of all claims that the provider sent, for the log. */
  received: readonly string[];
  /** What the log should say about the claims. */
  notes: readonly SignInNote[];
}

/** A person's groups, as far as the provider listed them. */
export interface Groups {
  listed: readonly string[];
  /** Why the person may be in more groups than `listed`. Null if the list is complete. */
  untold: GroupsUntold | null;
}

/** `overage`: the provider refers to groups that it does not list. */
export type GroupsUntold = 'missing' | 'overage' | 'unreadable';

/** A person and the request that they sign in with. */
export interface PersonRequest {
  person: Person;
  clientInfo: ClientInfo;
}

/** The operator's settings for members who sign in through the identity provider. */
export interface SsoPolicy {
  autoProvision: boolean;
  /** In lower case. Null allows every domain. */
  allowedDomains: readonly string[] | null;
  /** Accepted addresses: those that the provider verified, those that it does not call unverified, or all. */
  emailVerified: 'required' | 'unless-false' | 'ignore';
  emailClaim: string;
  groupsClaim: string;
  superuserGroup: string | null;
  tokensGroup: string | null;
}

/** Returns the person's email address, normalized, or null if the policy does not let it count. */
export function acceptedEmail(
  { email, emailVerified }: Person,
  { emailVerified: rule }: Pick<SsoPolicy, 'emailVerified'>,
): string | null {
  const counts = rule === 'ignore' || emailVerified === true || (rule === 'unless-false' && emailVerified === null);
  return counts ? (emailSchema.safeParse(email).data ?? null) : null;
}

/** Returns the person's email address for audit events, verified or not. */
export function foldedEmail({ email }: Person): string | null {
  return email === null ? null : foldName(email);
}

export function isAllowedDomain(email: string, { allowedDomains }: Pick<SsoPolicy, 'allowedDomains'>): boolean {
  return allowedDomains?.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase()) ?? true;
}

/** Returns whether a person is in a group, or null if the provider did not say. */
export function isInGroup({ listed, untold }: Groups, group: string): boolean | null {
  if (listed.some((name) => plainGroup(name) === plainGroup(group))) return true;
  return untold === null ? false : null;
}

/**
 * Compares addresses exactly, except for the case of A to Z. Folded addresses are not enough here: they are equal for
 * `straße@…` and `strasse@…`, which can be mailboxes of two people.
 */
export function isSameMailbox(one: string, other: string): boolean {
  const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return lower(one) === lower(other);
}
