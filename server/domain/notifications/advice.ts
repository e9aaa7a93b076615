import type { AdviceSection, AdviceStep } from './mail-content.ts';
import type { PasskeyOwner, SiteInfo } from './member-mail.ts';

// The advice in mails. Each step names a page of the console and, if there is one, the command that does the same.

/** Returns the advice for an event that the member caused, or someone who signed in as them. */
export function unlessYou(steps: readonly AdviceStep[]): readonly AdviceSection[] {
  const intro = 'Someone else may be using your account. Do the following now:';
  return [
    { heading: 'If this was you', intro: 'No action is needed.', steps: [] },
    { heading: "If this wasn't you", intro, steps },
  ];
}

/** Returns the advice for an event that someone else caused. */
export function unlessExpected(steps: readonly AdviceStep[]): readonly AdviceSection[] {
  return [
    { heading: 'If you expected this', intro: 'No action is needed.', steps: [] },
    { heading: "If you didn't expect this", steps },
  ];
}

/** Returns the address of the page about one token. */
export function tokenUrl({ publicUrl }: SiteInfo, tokenId: string): string {
  return `${publicUrl}/profile/api-tokens/${tokenId}`;
}

/** Returns the button that leads to the page about one token. The page stays as long as the tombstone of a revoked token. */
export function viewToken(site: SiteInfo, tokenId: string): { label: string; url: string } {
  return { label: 'View this token', url: tokenUrl(site, tokenId) };
}

export function reviewTokens({ publicUrl }: SiteInfo): AdviceStep {
  return {
    instruction: 'Check your tokens and revoke any that you do not recognize.',
    link: { label: 'Open your API tokens', url: `${publicUrl}/profile/api-tokens` },
    command: 'tokens list',
  };
}

/** Returns the steps that lock an intruder out of the reader's account. A new password leaves passkeys as they are. */
export function lockOut(site: SiteInfo, { passkeyCount = 0 }: PasskeyOwner): readonly AdviceStep[] {
  const change: AdviceStep = {
    instruction: 'Change your password. This also ends your other sessions.',
    link: { label: 'Open your profile', url: `${site.publicUrl}/profile` },
    command: 'tokens password',
  };
  return passkeyCount > 0 ? [change, removePasskeys(site)] : [change];
}

export function removePasskeys({ publicUrl }: SiteInfo): AdviceStep {
  return {
    instruction: 'Remove the passkeys that you do not recognize. They sign in, also after you set a new password.',
    link: { label: 'Open your passkeys', url: `${publicUrl}/profile/passkeys` },
  };
}

/** For members who may not be able to sign in any more. */
export function setPassword({ publicUrl }: SiteInfo): AdviceStep {
  return {
    instruction: 'Set a new password. This also ends your sessions.',
    link: { label: 'Get a link to set it', url: `${publicUrl}/password/forgot` },
  };
}

export function contactSuperuser(site: SiteInfo): AdviceStep {
  return { instruction: `Tell ${superuserOf(site)}.` };
}

/** Returns the phrase for whom to contact, with the name of the organization if one is configured. */
export function superuserOf({ organization }: SiteInfo): string {
  return organization === null ? 'an Organization Superuser' : `an Organization Superuser of ${organization}`;
}
