import type { WebhookRecord } from '../../../store/records.ts';
import { webhookServer } from '../../events/webhook-url.ts';
import { type MailContent, mailText } from '../mail-content.ts';
import { type MailEvent, mailToMember, type SiteInfo, utc } from '../member-mail.ts';

export interface WebhookDisabled extends MailEvent {
  webhook: Pick<WebhookRecord, 'id' | 'url' | 'description'>;
  /** `gone`: the receiver answered 410. `failing`: every attempt failed for three days. */
  reason: 'gone' | 'failing';
}

const leads = {
  gone: 'The receiver of the webhook below answered that it wants no more events (HTTP 410), so the webhook was disabled. It gets no events until you enable it again.',
  failing:
    'Every attempt to send an event to the webhook below failed for three days, so the webhook was disabled. It gets no events until you enable it again.',
};

/** Writes the mail to a superuser about a webhook that the daemon disabled. It shows the server of the URL only. */
export function webhookDisabledMail(site: SiteInfo, event: WebhookDisabled): MailContent {
  const { at, webhook, reason } = event;
  return mailToMember(site, event, {
    subject: 'A webhook was disabled',
    lead: leads[reason],
    button: { label: 'Open the webhook', url: `${site.publicUrl}/organization/webhooks/${webhook.id}` },
    advice: [
      {
        heading: 'What to do',
        steps: [
          {
            instruction: 'Find out what went wrong. The list of deliveries names the reasons.',
            command: `tokens webhooks deliveries ${webhook.id}`,
          },
          {
            instruction:
              'Repair the receiver, then enable the webhook again. Or delete it, if nobody needs it any more.',
            command: `tokens webhooks edit ${webhook.id} --enable`,
          },
        ],
      },
    ],
    facts: [
      ['Receiver', webhookServer(webhook.url)],
      ...(webhook.description === null ? [] : [['Description', mailText`${webhook.description}`] as const]),
      ['Time', utc(at)],
    ],
    footer: 'This is an automatic message to all Organization Superusers.',
  });
}
