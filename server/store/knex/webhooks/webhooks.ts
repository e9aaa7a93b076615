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
    async due(now) {
      const deliveries = knex('webhook_deliveries')
        .whereRaw('webhook_id = webhooks.id')
        .whereNotNull('due_at')
        .where('due_at', '<=', now);
      const rows = await webhooks()
        .where({ disabled: false })
        .where((row) => row.whereNull('resume_at').orWhere('resume_at', '<=', now))
        .whereExists(deliveries);
      return rows.map((row) => ({ ...toWebhook(row), failures: Number(row.failures) }));
    },
    async recordSuccess(id) {
      const failing = await webhooks().where({ id }).where('failures', '>', 0).first('failures');
      if (failing === undefined) return 0;
      await webhooks().where({ id }).update(healthy);
      return Number(failing.failures);
    },
    async recordFailure(id, at, changedAt) {
      const [row] = await webhooks()
        .where({ id, changed_at: changedAt })
        .update({
          failures: knex.raw('failures + 1'),
          failing_since: knex.raw('coalesce(failing_since, ?)', [at]),
        })
        .returning('*');
      return row ? toRecord(webhookHealthColumns, row) : null;
    },
    async pause(id, until) {
      await webhooks().where({ id }).update({ resume_at: until });
    },
    async disable(id, at, changedAt) {
      const disabled = await webhooks()
        .where({ id, disabled: false, changed_at: changedAt })
        .update({
          disabled: true,
          changed_at: knex.raw('CASE WHEN changed_at < ? THEN ? ELSE changed_at + 1 END', [at, at]),
        });
      return disabled > 0;
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
