import type { Actor, UserRecord } from '../../store/records.ts';
import { hasSecondFactor } from '../sign-in/has-second-factor.ts';
import { contactSuperuser, removePasskeys, reviewTokens, setPassword, unlessExpected, unlessYou } from './advice.ts';
import { operatorName } from './machines/actor-name.ts';
import type { AdviceStep, MailContent } from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from './member-mail.ts';

/** A change to how a member signs in. Each could be the work of someone who took over the account. */
export type SecurityEvent =
  | 'totp-enabled'
  | 'totp-disabled'
  | 'totp-reset'
  | 'passkey-added'
  | 'passkey-removed'
  | 'recovery-code-used'
  | 'recovery-codes-replaced'
  | 'password-reset'
  | 'joined'
  | 'sso-unbound';

/** The second factors that the member has after the change. */
type SecondFactors = Pick<UserRecord, 'totpEnabledAt' | 'passkeyCount'>;

interface SecurityMessage {
  subject: string;
  lead: (account: string, factors: SecondFactors) => string;
}

const messages: Record<SecurityEvent, SecurityMessage> = {
  'totp-enabled': {
    subject: 'Two-factor sign-in was turned on',
    lead: (account, { passkeyCount }) =>
      `Signing in to ${account} with a password now also requires a code${passkeyCount > 0 ? ' or a passkey' : ''}.`,
  },
  'totp-disabled': {
    subject: 'The authenticator app was removed',
    lead: (account, { passkeyCount }) =>
      passkeyCount > 0
        ? `Codes from the authenticator app no longer sign in to ${account}. Signing in with a password still requires a passkey or a recovery code.`
        : `Two-factor sign-in was turned off. The password alone is now enough to sign in to ${account}.`,
  },
  'totp-reset': {
    subject: 'Two-factor sign-in was reset',
    lead: (account) =>
      `Every second factor of ${account} was removed, passkeys included, and all its sessions were ended. You can set up two-factor sign-in again.`,
  },
  'passkey-added': {
    subject: 'A passkey was added',
    lead: (account) => `The passkey below now signs in to ${account} without a password.`,
  },
  'passkey-removed': {
    subject: 'A passkey was removed',
    lead: (account, factors) =>
      `The passkey below no longer signs in to ${account}.${hasSecondFactor(factors) ? '' : ' It was the last second factor, so the password alone is now enough.'}`,
  },
  'recovery-code-used': {
    subject: 'A recovery code was used',
    lead: (account) => `Someone signed in to ${account} with one of its recovery codes.`,
  },
  'recovery-codes-replaced': {
    subject: 'New recovery codes were created',
    lead: (account) => `The previous recovery codes of ${account} no longer work.`,
  },
  'password-reset': {
    subject: 'Your password was set with a mailed link',
    lead: (account) => `A new password was set for ${account}, and all its sessions were ended.`,
  },
  joined: {
    subject: 'Your account is ready',
    lead: (account) => `Someone used the link of the invitation and set a password for ${account}.`,
  },
  'sso-unbound': {
    subject: 'Your account was unbound from single sign-on',
    lead: (account) =>
      `The identity at your identity provider was removed from ${account}, and all its sessions were ended. To connect another one, sign in with single sign-on, or with your password and then on your profile. Your API tokens keep working.`,
  },
};

interface SecurityMailEvent {
  event: SecurityEvent;
  actor: Actor;
  /** What the mail names besides, such as the passkey. */
  facts?: ReadonlyArray<readonly [label: string, text: string]>;
}

export const securityFooter = 'This is an automatic message about sign-in to your account.';

/** Writes the mail about a change to how a member signs in. `factors` are those after the change. */
export function securityMail(
  site: SiteInfo,
  { event, actor, facts = [], ...occurrence }: MemberEvent & SecurityMailEvent,
  factors: SecondFactors,
): MailContent {
  const { subject, lead } = messages[event];
  const byOwner = actor.id === occurrence.owner.id;
  const steps = [...signInSteps(site, event, factors), reviewTokens(site), contactSuperuser(site)];
  return memberMail(site, occurrence, {
    subject,
    lead: lead(`your account ${occurrence.owner.email}`, factors),
    button: { label: 'Open your profile', url: `${site.publicUrl}/profile` },
    advice: byOwner ? unlessYou(steps) : unlessExpected(steps),
    facts: [...facts, ['Done by', byOwner ? 'you, or someone signed in as you' : operatorName(actor)]],
    footer: securityFooter,
  });
}

/** Returns the steps that lock an intruder out. A new password leaves passkeys as they are. */
function signInSteps(site: SiteInfo, event: SecurityEvent, { passkeyCount }: SecondFactors): readonly AdviceStep[] {
  // Members with single sign-on cannot set a password through a mailed link.
  if (event === 'sso-unbound') return [];
  const passkeys = removePasskeys(site);
  if (event === 'passkey-added') {
    const instruction = 'Remove the passkey. Until then it signs in, also after you set a new password.';
    return [{ ...passkeys, instruction }, setPassword(site)];
  }
  return passkeyCount === 0 ? [setPassword(site)] : [setPassword(site), passkeys];
}

/** Writes the mail with the link to set a password. It is the only mail that contains something confidential. */
export function passwordResetMail(
  site: SiteInfo,
  { link, ...occurrence }: MemberEvent & { link: string },
): MailContent {
  return memberMail(site, occurrence, {
    subject: 'Set your password',
    lead: `Someone asked for a link to set the password of your account ${occurrence.owner.email}. The link works once, for 30 minutes.`,
    button: { label: 'Set your password', url: link },
    advice: [
      {
        heading: "If this wasn't you",
        intro: 'Delete this message. Your password changes only if the link is used.',
        steps: [],
      },
    ],
    footer: securityFooter,
  });
}
