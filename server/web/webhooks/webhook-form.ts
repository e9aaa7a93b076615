import {
  type CreateWebhookBody,
  createWebhookBodySchema,
  type EditWebhookBody,
  editWebhookBodySchema,
} from '../../../shared/schemas/webhooks.ts';
import type { WebhookRecord } from '../../store/records.ts';
import { changedSince } from '../shell/changed-since.ts';
import { linesOf, parseForm, text } from '../shell/form-values.ts';

/** The labels of the formats. */
export const formatLabels = { standard: 'Standard Webhooks', slack: 'Slack: one line of text' } as const;

/** The values of the form of a webhook, as they were entered. */
export interface WebhookForm {
  url: string;
  /** One event a line. */
  events: string;
  format: string;
  description: string;
  /** The values that the form was shown with. Undefined if the form does not say so. */
  shown?: WebhookForm | undefined;
}

export const emptyWebhookForm: WebhookForm = { url: '', events: 'token.*', format: 'standard', description: '' };

/** Returns the form with the present values of a webhook. */
export function formOf({ url, events, format, description }: WebhookRecord): WebhookForm {
  const form = { url, events: events.join('\n'), format, description: description ?? '' };
  return { ...form, shown: form };
}

/** Reads the posted form. */
export function readWebhookForm(form: Record<string, unknown>): WebhookForm {
  const shown = typeof form.shown_url === 'string' ? readFields(form, 'shown_') : undefined;
  return { ...readFields(form, ''), shown };
}

function readFields(form: Record<string, unknown>, prefix: string): WebhookForm {
  const field = (name: string) => text(form[`${prefix}${name}`]);
  return {
    url: field('url').trim(),
    events: field('events'),
    format: field('format'),
    description: field('description'),
  };
}

/** Converts the form to the body of `POST /api/v1/webhooks`. @throws ProblemError `invalid-fields` */
export function createWebhookBody(form: WebhookForm): CreateWebhookBody {
  return parseForm(createWebhookBodySchema, fieldsOf(form));
}

/**
 * Converts the form to the body of `PATCH /api/v1/webhooks/{id}`. Contains only what differs from what the form was shown with. @throws ProblemError `invalid-fields`
 */
export function editWebhookBody({ shown, ...form }: WebhookForm): EditWebhookBody {
  const changed = changedSince(fieldsOf(form), shown && fieldsOf(shown));
  return Object.keys(changed).length === 0 ? {} : parseForm(editWebhookBodySchema, changed);
}

function fieldsOf({ url, events, format, description }: WebhookForm) {
  return { url, events: linesOf(events), format, description: description.trim() === '' ? null : description };
}
