import { redact } from '../../../shared/redact.ts';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import type { DeliveryRecord, WebhookRecord } from '../../store/records.ts';
import { actionLabels } from '../audit-labels.ts';

const maxBodyBytes = 20 * 1024;

/** An event as it is sent: an audit event, or the test event, which has the same fields. */
export type SentEvent = Omit<AuditEvent, 'action' | 'target'> & {
  action: string;
  target: Omit<AuditEvent['target'], 'kind'> & { kind: string };
};

/** Returns the test event of a webhook. */
export function testEvent({ id, at }: DeliveryRecord, { id: webhookId }: WebhookRecord): SentEvent {
  return {
    id,
    at: new Date(at).toISOString(),
    actor: { kind: 'system', id: null, email: null },
    action: 'webhook.test',
    target: { kind: 'webhook', id: webhookId, name: null, owner: null },
    changes: null,
    ip: null,
    user_agent: null,
  };
}

/** Returns the body of a request. It never contains a token value, whatever an event holds. */
export function messageBody(format: WebhookRecord['format'], event: SentEvent, publicUrl: string): string {
  if (format === 'slack') return JSON.stringify({ text: redact(slackText(event, publicUrl)) });
  const body = standardBody(event);
  return Buffer.byteLength(body) <= maxBodyBytes
    ? body
    : standardBody({ ...event, changes: null, changes_omitted: true });
}

function standardBody(event: SentEvent & { changes_omitted?: true }): string {
  return redact(JSON.stringify({ type: event.action, timestamp: event.at, data: event }));
}

/** Returns one line in plain English, such as `Revoked a token: “ci” of dev@example.com, by root@example.com (203.0.113.9)`. */
function slackText({ action, actor, target, ip }: SentEvent, publicUrl: string): string {
  const by = actor.kind === 'system' ? 'tokensd' : (actor.email ?? 'unknown');
  const key = actor.token === undefined ? '' : ` with the key “${actor.token}”`;
  const isSelf = target.name === null || target.name === actor.email;
  const what = isSelf ? '' : `: “${target.name}”`;
  const owner = target.owner === null || target.owner === actor.email ? '' : ` of ${target.owner}`;
  const from = ip === null ? '' : ` (${ip})`;
  return `${escapeSlack(`${labelOf(action)}${what}${owner}, by ${by}${key}${from}`)} – ${escapeSlack(publicUrl)}`;
}

function labelOf(action: string): string {
  return (actionLabels as Readonly<Record<string, string>>)[action] ?? 'Test of this webhook';
}

/** Escapes the three characters with a meaning in Slack's texts, so that no name becomes a link or calls a channel. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
