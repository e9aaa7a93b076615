import type { Actor, UserRecord } from '../../store/records.ts';
import type { ClientInfo } from '../caller.ts';
import { outsideText, type RenderedNotice, renderNotice } from './notice-layout.ts';
import type { SiteInfo } from './token-mails.ts';

/** What a member is told of that may be the end of an attack. */
export type SecurityEvent =
  | 'totp-enabled'
  | 'totp-disabled'
  | 'totp-reset'
  | 'recovery-code-used'
  | 'recovery-codes-replaced'
  | 'password-reset';

export interface SecurityOccasion {
  at: number;
  owner: Pick<UserRecord, 'id' | 'email' | 'name'>;
  clientInfo: ClientInfo;
}

const sayings: Record<SecurityEvent, { subject: string; lead: string }> = {
  'totp-enabled': {
    subject: 'Two-step sign-in was turned on',
    lead: 'Signing in with the password of your account takes a code from now on.',
  },
  'totp-disabled': {
    subject: 'Two-step sign-in was turned off',
    lead: 'The password of your account alone is enough to sign in from now on.',
  },
  'totp-reset': {
    subject: 'Two-step sign-in was reset',
    lead: 'Your second step was taken away, and your sessions were ended. You can set it up again.',
  },
  'recovery-code-used': {
    subject: 'A recovery code was used',
    lead: 'Somebody signed in to your account with one of its recovery codes.',
  },
  'recovery-codes-replaced': {
    subject: 'New recovery codes were made',
    lead: 'The earlier recovery codes of your account do not work any more.',
  },
  'password-reset': {
    subject: 'Your password was set by a mailed link',
    lead: 'Your account has a new password, and all its sessions were ended.',
  },
};

/** Tells a member of a change to how they sign in, and what to do if it was not theirs. */
export function securityMail(
  site: SiteInfo,
  { event, actor, ...occasion }: SecurityOccasion & { event: SecurityEvent; actor: Actor },
): RenderedNotice {
  const { subject, lead } = sayings[event];
  const own = actor.id === occasion.owner.id;
  return render(site, occasion, {
    subject,
    lead: `${lead} This is about ${occasion.owner.email}.`,
    facts: [['By', own ? 'you, or somebody who signed in as you' : `${actor.email} (Organization Superuser)`]],
    condition: 'If this was you, or you expected it, there is nothing to do. If not:',
    steps: [
      { say: 'Set a new password. This also ends your sessions.', command: `${site.publicUrl}/password/forgot` },
      { say: 'Look at the tokens you have, and revoke those you do not know.', command: 'tokens list' },
      { say: 'Tell an Organization Superuser.' },
    ],
  });
}

/** The one mail that holds something to keep to oneself: a link that works once, for half an hour. */
export function passwordResetMail(site: SiteInfo, occasion: SecurityOccasion & { link: string }): RenderedNotice {
  return render(site, occasion, {
    subject: 'Set your password',
    lead: `Somebody asked for a link to set the password of ${occasion.owner.email}. It works once, for 30 minutes.`,
    facts: [],
    condition: 'If this was you:',
    steps: [
      { say: 'Open this address in your browser.', command: occasion.link },
      { say: 'If it was not you, delete this message: without the link nobody can set your password.' },
    ],
  });
}

interface Said {
  subject: string;
  lead: string;
  facts: ReadonlyArray<readonly [string, string]>;
  condition: string;
  steps: ReadonlyArray<{ say: string; command?: string }>;
}

function render({ organization, publicUrl }: SiteInfo, { at, owner, clientInfo }: SecurityOccasion, said: Said) {
  return renderNotice({
    subject: organization === null ? said.subject : `[${organization}] ${said.subject}`,
    greeting: owner.name === '' ? 'Hello,' : `Hello ${outsideText(owner.name)},`,
    lead: said.lead,
    items: [],
    facts: [
      ...said.facts,
      ['Time', `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`],
      ['IP address', clientInfo.ip ?? 'unknown'],
      ['User agent', clientInfo.userAgent === null ? 'unknown' : outsideText(clientInfo.userAgent)],
    ],
    advice: { condition: said.condition, steps: said.steps },
    url: publicUrl,
    footer: 'This message was sent automatically because of how your account is signed in to.',
  });
}
