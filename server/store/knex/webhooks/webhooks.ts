import type { Knex } from 'knex';
import type { WebhookEdit, WebhookStore } from '../../interfaces/webhooks.ts';
import type { WebhookRecord } from '../../records.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { webhookColumns, webhookHealthColumns, webhookSecretColumns } from '../../tables/webhooks.ts';

export type WebhookRow = RowOf<typeof webhookColumns> &
  RowOf<typeof webhookSecretColumns> &
  RowOf<typeof webhookHealthColumns>;

const healthy = toRow(webhookHealthColumns, { failures: 0, failingSince: null, resumeAt: null });

export function createWebhookStore(knex: Knex): WebhookStore {
  const webhooks = () => knex<WebhookRow>('webhooks');
  const findById = async (id: string) => {
    const row = await webhooks().where({ id }).first();
    return row ? toWebhook(row) : null;
  };
  const urlTaken = async (url: string, besides: string) =>
    (await webhooks().where({ url }).whereNot({ id: besides }).first('id')) !== undefined;

  return {
    async insert({ events, ...webhook }, secret, max) {
      const [row] = await webhooks().count({ webhooks: '*' });
      if (Number(row?.webhooks) >= max) return 'too-many';
      const inserted = await webhooks()
        .insert({
          ...toRow(webhookColumns, { ...webhook, events: events.join(' ') }),
          ...toRow(webhookSecretColumns, { secret, previousSecret: null, previousSecretUntil: null }),
          ...healthy,
        })
        .onConflict('url')
        .ignore()
        .returning('id');
      return inserted.length > 0 ? 'inserted' : 'url-taken';
    },
    async edit(id, edit) {
      if (edit.url !== undefined && (await urlTaken(edit.url, id))) return 'url-taken';
      return (await webhooks().where({ id }).update(changesOf(edit))) > 0 ? 'edited' : 'missing';
    },
    async rotateSecret(id, { secret, previousUntil, changedAt }) {
      const rotated = await webhooks()
        .where({ id })
        .update({
          previous_secret: knex.ref('secret') as unknown as string,
          previous_secret_until: previousUntil,
          secret,
          changed_at: changedAt,
        });
      return rotated > 0;
    },
    delete: async (id) => (await webhooks().where({ id }).delete()) > 0,
    findById,
    async list({ limit, before }) {
      const query = webhooks().orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      return (await query).map(toWebhook);
    },
    async lock(id) {
      const row = await webhooks().where({ id }).forUpdate().first();
      return row ? toWebhook(row) : null;
    },
    async secretsOf(id) {
      const row = await webhooks().where({ id }).first();
      return row ? toRecord(webhookSecretColumns, row) : null;
    },
  };
}

function toWebhook(row: object): WebhookRecord {
  const { events, ...webhook } = toRecord(webhookColumns, row);
  return { ...webhook, events: events.split(' ') };
}

function changesOf({ url, events, format, description, disabled, changedAt }: WebhookEdit): Partial<WebhookRow> {
  const resumes = url !== undefined || disabled === false;
  return {
    changed_at: changedAt,
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events: events.join(' ') }),
    ...(format !== undefined && { format }),
    ...(description !== undefined && { description }),
    ...(disabled !== undefined && { disabled }),
    ...(resumes && healthy),
  };
}
