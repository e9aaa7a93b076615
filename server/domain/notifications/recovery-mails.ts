import { unlessExpected } from './advice.ts';
import type { AdviceStep, MailContent } from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from './member-mail.ts';

/** The event of a recovery link: the operator made it on the server, or someone used it. */
export type RecoveryStage = 'link-created' | 'used';

/** Writes the mail that tells a superuser about a recovery link for `email`. It never contains the link. */
export function recoveryMail(
  site: SiteInfo,
  { stage, email, ...occurrence }: MemberEvent & { stage: RecoveryStage; email: string },
): MailContent {
  const { subject, lead } = messages[stage];
  return memberMail(site, occurrence, {
    subject,
    lead,
    button: { label: 'Open the audit log', url: `${site.publicUrl}/organization/audit` },
    advice: unlessExpected(stage === 'used' ? [removeRole(site), askOperator] : [askOperator]),
    facts: [['Member', email]],
    footer: 'This is an automatic message to all Organization Superusers.',
  });
}

const messages: Record<RecoveryStage, { subject: string; lead: string }> = {
  'link-created': {
    subject: 'A recovery link was created on the server',
    lead: 'Someone with access to the server ran tokensd recover. The link makes the member below an Organization Superuser with a new password and no second factor. It works once, for 30 minutes.',
  },
  used: {
    subject: 'A recovery link was used',
    lead: 'The member below used a link from tokensd recover. They are now an Organization Superuser with a new password and no second factor, and their earlier sessions have ended.',
  },
};

const askOperator: AdviceStep = {
  instruction: 'Ask the people who operate the server who ran tokensd recover, and why.',
};

function removeRole({ publicUrl }: SiteInfo): AdviceStep {
  return {
    instruction: 'Remove the role from this member, or disable the account.',
    link: { label: 'Open the Team page', url: `${publicUrl}/organization/team` },
    command: 'tokens users disable EMAIL',
  };
}
