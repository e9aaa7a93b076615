import { limits } from '../../../../shared/limits.ts';
import type { secretPrefixes } from '../../../../shared/redact.ts';
import type { MailLinkKind, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isInvited } from '../../accounts/member-status.ts';
import type { PasswordPolicy } from '../password/password-policy.ts';
import { readEmailChange } from './email-change-data.ts';

interface LinkRule {
  secret: keyof typeof secretPrefixes;
  /** The page that the link opens. */
  path: string;
  lifetimeMs: number;
  /** The kind of ticket that remembers a replaced link. Without it, a replaced link is forgotten. */
  replaced?: 'replaced-invitation';
  /** Whether such a link works for the member in their current state. */
  permits(user: UserRecord, passwordPolicy: PasswordPolicy): boolean;
  /** Whether the other object that the link depends on still exists, such as the session that asked for it. */
  lasts?(store: Store, data: string): Promise<boolean>;
}

/** Members who use single sign-on have no password, and their provider decides about their email address. */
const signsInHere = ({ disabled, sso }: UserRecord): boolean => !disabled && !sso;

/** The one-time links that are mailed to members. */
export const linkRules: Readonly<Record<MailLinkKind, LinkRule>> = {
  'password-reset': {
    secret: 'passwordReset',
    path: '/password/reset',
    lifetimeMs: limits.passwordResetLifetimeMs,
    permits: (user, passwordPolicy) => signsInHere(user) && passwordPolicy.allows(user),
  },
  invitation: {
    secret: 'invitation',
    replaced: 'replaced-invitation',
    path: '/invitation',
    lifetimeMs: limits.invitationLifetimeMs,
    permits: (user, passwordPolicy) => isInvited(user) && passwordPolicy.allows(user),
  },
  'email-change': {
    secret: 'emailChange',
    path: '/profile/email/confirm',
    lifetimeMs: limits.emailChangeLifetimeMs,
    permits: signsInHere,
    lasts: async (store, data) => (await store.sessions.lock(readEmailChange(data).sessionId)) !== null,
  },
};
