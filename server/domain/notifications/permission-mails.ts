import { contactSuperuser, unlessExpected } from './advice.ts';
import type { MailContent } from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from './member-mail.ts';

/** A permission that a member lost, and the group at the identity provider that grants it. */
export interface LostPermission {
  /** `tokens`: to create and use tokens; `superuser`: the role. */
  permission: 'tokens' | 'superuser';
  /** From the settings, like the claim. */
  group: string;
}

export interface PermissionLoss extends MemberEvent {
  /** At least one. */
  lost: readonly LostPermission[];
  /** The claim that lists groups. */
  claim: string;
}

const footer = 'This is an automatic message about the permissions of your account.';
const groupLabels = { tokens: 'Group of the permission', superuser: 'Group of superusers' } as const;

/** Writes the mail to a member whom the identity provider no longer lists in a group. One mail names all that they lost. */
export function permissionLostMail(site: SiteInfo, event: PermissionLoss): MailContent {
  const { owner, lost, claim } = event;
  const tokens = lost.some(({ permission }) => permission === 'tokens');
  const role = lost.some(({ permission }) => permission === 'superuser');
  const signInAgain = {
    instruction: 'Ask the administrator of your identity provider to add you to the group. Then sign in again.',
    link: { label: 'Sign in', url: `${site.publicUrl}/login` },
  };
  return memberMail(site, event, {
    subject: tokens ? 'Your permission to use API tokens was removed' : 'You are no longer an Organization Superuser',
    lead: [
      `When you signed in, your identity provider did not list your account ${owner.email} in the group that grants`,
      tokens ? tokensText : roleText,
      ...(tokens && role ? ['You are also no longer an Organization Superuser.'] : []),
    ].join(' '),
    button: { label: 'Open your API tokens', url: `${site.publicUrl}/profile/api-tokens` },
    facts: [...lost.map(({ permission, group }) => [groupLabels[permission], group] as const), ['Claim', claim]],
    advice: unlessExpected([signInAgain, contactSuperuser(site)]),
    footer,
  });
}

const tokensText =
  'the permission to use API tokens. Requests that use your tokens are denied until you have it again.';
const roleText = 'the role Organization Superuser. Your API tokens keep working.';
