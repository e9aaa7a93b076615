import type { Actor, WebhookRecord } from '../../../store/records.ts';
import { webhookServer } from '../../events/webhook-url.ts';
import { unlessExpected } from '../advice.ts';
import { actorName } from '../machines/actor-name.ts';
import { type AdviceStep, type MailContent, mailText } from '../mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from '../member-mail.ts';

/** Mails with more events would be cut off by mail programs. */
const maxEvents = 20;

/** A webhook was created, changed or deleted, or its secret was rotated. `owner` is the superuser who receives the mail. */
export interface WebhookChange extends MemberEvent {
  stage: 'created' | 'changed' | 'rotated' | 'deleted';
  /** The webhook after the change, or as it was when it was deleted. */
  webhook: Pick<WebhookRecord, 'id' | 'url' | 'events' | 'format' | 'description' | 'disabled'>;
  /** The URL before the change. */
  formerUrl: string;
  /** The names of the fields that changed. */
  changed: readonly string[];
  actor: Actor;
}

/** Writes the mail about a webhook, which all superusers receive. It shows the server of the URL only, and never the secret. */
export function webhookChangedMail(site: SiteInfo, event: WebhookChange): MailContent {
  const { stage, webhook, formerUrl, changed, actor } = event;
  const { subject, lead } = messages[stage];
  const [server, formerServer] = [webhookServer(webhook.url), webhookServer(formerUrl)];
  const url = `${site.publicUrl}/organization/webhooks/${webhook.id}`;
  return memberMail(site, event, {
    subject,
    lead: stage === 'deleted' ? lead : `${lead} ${effectOf(webhook)}`,
    button: stage === 'deleted' ? null : { label: 'Open the webhook', url },
    advice: unlessExpected(stepsOf(site, event, url)),
    facts: [
      ['Receiver', mailText`${server}`],
      ...(formerServer === server ? [] : [['Former receiver', mailText`${formerServer}`] as const]),
      ...(changed.length === 0 ? [] : [['Changed', changed.map(nameOf).join(', ')] as const]),
      ['Events', eventsText(webhook.events)],
      ['Format', webhook.format],
      ...(webhook.description === null ? [] : [['Description', mailText`${webhook.description}`] as const]),
      ['By', actorName(actor)],
    ],
    footer: 'This is an automatic message to all Organization Superusers. It never contains the secret of a webhook.',
  });
}

function effectOf({ disabled }: WebhookChange['webhook']): string {
  return disabled ? 'It is disabled, so its receiver gets no events.' : 'Its receiver gets the audit events below.';
}

/** Returns the first events. Their names are our own words. */
function eventsText(events: readonly string[]): string {
  const more = events.length - maxEvents;
  return [...events.slice(0, maxEvents), ...(more > 0 ? [`and ${more} more`] : [])].join(', ') || 'none';
}

/** The API's field is called `disabled`. The mail says what happened instead. */
function nameOf(field: string): string {
  if (field === 'url') return 'URL';
  return field === 'disabled' ? 'enabled or disabled' : field;
}

function stepsOf(site: SiteInfo, { stage, webhook }: WebhookChange, url: string): AdviceStep[] {
  const review: AdviceStep = {
    instruction: 'Check who changed webhooks.',
    link: { label: 'Open the audit log', url: `${site.publicUrl}/organization/audit` },
    command: `tokens audit --action webhook.${stage === 'rotated' ? 'changed' : stage}`,
  };
  if (stage === 'deleted') return [review];
  const remove: AdviceStep = {
    instruction: 'Disable the webhook. Its receiver then gets no more events.',
    link: { label: 'Open the webhook in the console', url },
    command: `tokens webhooks edit ${webhook.id} --disable`,
  };
  return [remove, review];
}

const messages: Record<WebhookChange['stage'], { subject: string; lead: string }> = {
  created: { subject: 'A webhook was created', lead: 'A webhook was created.' },
  changed: { subject: 'A webhook was changed', lead: 'A webhook was changed.' },
  rotated: {
    subject: 'The secret of a webhook was replaced',
    lead: 'The secret of a webhook was replaced. The person or key below has the new secret, and can sign events with it. The secret before it also signs for 24 hours.',
  },
  deleted: { subject: 'A webhook was deleted', lead: 'A webhook was deleted. Its receiver gets no more events.' },
};
