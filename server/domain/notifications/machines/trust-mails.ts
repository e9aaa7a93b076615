import type { Trust } from '../../../../shared/schemas/trusts.ts';
import type { Actor, UserRecord } from '../../../store/records.ts';
import { contactSuperuser, unlessExpected } from '../advice.ts';
import { type AdviceStep, type MailContent, mailText } from '../mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from '../member-mail.ts';
import { listFact, ruleFacts } from '../rules/rule-facts.ts';
import { actorName } from './actor-name.ts';

/** A trust was created, changed or deleted. `owner` is the superuser or maintainer who receives the mail. */
export interface TrustChange extends MemberEvent {
  owner: Pick<UserRecord, 'id' | 'email' | 'name' | 'superuser'>;
  stage: 'created' | 'changed' | 'deleted';
  /** The trust after the change, or as it was when it was deleted. */
  trust: Omit<Trust, 'created_at'>;
  /** The service account that the trust was for, if that changed. */
  formerAccount: string | null;
  /** The names of the fields that changed. */
  changed: readonly string[];
  actor: Actor;
}

/** Writes the mail about a trust, which all superusers and the maintainers of its service account receive. */
export function trustChangedMail(site: SiteInfo, event: TrustChange): MailContent {
  const { stage, trust, formerAccount, changed, actor, owner } = event;
  const { subject, lead } = messages[stage];
  const url = `${site.publicUrl}/organization/trusts/${trust.id}`;
  return memberMail(site, event, {
    subject: `Trust "${trust.name}" ${subject}`,
    lead,
    button: owner.superuser && stage !== 'deleted' ? { label: 'View this trust', url } : null,
    advice: unlessExpected(owner.superuser ? stepsOf(site, event, url) : [contactSuperuser(site)]),
    facts: [
      ['Trust', trust.name],
      ['Service account', mailText`${trust.service_account}`],
      ...(formerAccount === null ? [] : [['Former service account', mailText`${formerAccount}`] as const]),
      ...(changed.length === 0 ? [] : [['Changed', changed.map(fieldName).join(', ')] as const]),
      ['Issuer', mailText`${trust.issuer}`],
      ['Audience', trust.audience === null ? site.publicUrl : mailText`${trust.audience}`],
      ...listFact(
        'Claims',
        Object.entries(trust.claims).map(([name, value]) => `${name}=${value}`),
      ),
      ...ruleFacts({ apps: trust.apps, readOnly: trust.read_only, allow: trust.allow, networks: null, enforce: true }),
      ['Lifetime of tokens', minutes(trust.ttl)],
      ['By', actorName(actor)],
    ],
    footer:
      'This is an automatic message to all Organization Superusers and to the maintainers of the service account.',
  });
}

function stepsOf(site: SiteInfo, { stage, trust }: TrustChange, url: string): AdviceStep[] {
  const review: AdviceStep = {
    instruction: 'Check who changed trusts.',
    link: { label: 'Open the audit log', url: `${site.publicUrl}/organization/audit` },
    command: `tokens audit --action trust.${stage}`,
  };
  if (stage === 'deleted') return [review];
  const remove: AdviceStep = {
    instruction: 'Delete the trust. This also revokes the tokens that jobs obtained under it.',
    link: { label: 'Open the trust in the console', url },
    command: `tokens trusts delete ${trust.name}`,
  };
  return [remove, review];
}

function fieldName(field: string): string {
  return field === 'ttl' ? 'lifetime of tokens' : field.replace('_', ' ');
}

function minutes(seconds: number): string {
  if (seconds % 60 !== 0) return `${seconds} seconds`;
  return seconds === 60 ? '1 minute' : `${seconds / 60} minutes`;
}

const messages: Record<TrustChange['stage'], { subject: string; lead: string }> = {
  created: {
    subject: 'was created',
    lead: 'A trust was created. Any job whose identity token matches it can obtain tokens of the service account.',
  },
  changed: {
    subject: 'was changed',
    lead: 'A trust was changed. Any job whose identity token matches it can obtain tokens of the service account.',
  },
  deleted: {
    subject: 'was deleted',
    lead: 'A trust was deleted. Jobs can no longer obtain tokens under it, and the tokens that they had are revoked.',
  },
};
