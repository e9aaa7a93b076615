import { randomBytes } from 'node:crypto';
import { limits } from '../../../shared/limits.ts';
import type { CreateWebhookBody, EditWebhookBody } from '../../../shared/schemas/webhooks.ts';
import type { FieldChange, Page, WebhookRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { isKey, type Operator, operatorActor, requireScope, requireStillAllowed } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { noPrecondition, type Precondition } from '../precondition.ts';
import { Secret } from '../secrets.ts';
import { changesBetween, fieldsOf } from './webhook-fields.ts';
import { internalNotForKeys, noSuchWebhook, tooManyWebhooks, urlTaken } from './webhook-problems.ts';
import type { WebhookUrls } from './webhook-url.ts';

export interface WebhookDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  webhookUrls: WebhookUrls;
}

/** A webhook with its secret, which is shown only once. */
export interface IssuedWebhook {
  webhook: WebhookRecord;
  secret: Secret;
}

/**
 * Receivers of audit events. A webhook that leads to this machine or to a listed host can be created and changed only by a superuser.
 *
 * @throws ProblemError `superuser-required`, `scope-missing`, in every method
 */
export interface Webhooks {
  /** @throws ProblemError `invalid-fields`, `not-for-keys`, `url-taken`, `webhook-limit` */
  create(operator: Operator, body: CreateWebhookBody): Promise<IssuedWebhook>;
  /** Changes fields of a webhook. @throws ProblemError `webhook-not-found`, `invalid-fields`, `not-for-keys`, `url-taken` */
  edit(
    operator: Operator,
    id: string,
    body: EditWebhookBody,
    precondition?: Precondition<WebhookRecord>,
  ): Promise<WebhookRecord>;
  /** Replaces the secret. The one before also signs for 24 hours. @throws ProblemError `webhook-not-found`, `not-for-keys` */
  rotateSecret(operator: Operator, id: string): Promise<IssuedWebhook>;
  /** Deletes a webhook. Pending deliveries are never sent. @throws ProblemError `webhook-not-found` */
  delete(operator: Operator, id: string, precondition?: Precondition<WebhookRecord>): Promise<void>;
  /** @throws ProblemError `webhook-not-found` */
  get(operator: Operator, id: string): Promise<WebhookRecord>;
  /** Returns webhooks, newest first. */
  list(operator: Operator, page: Page): Promise<WebhookRecord[]>;
}

const secretBytes = 32;

export function createWebhooks(deps: WebhookDeps): Webhooks {
  const { store, clock, newId, webhookUrls } = deps;

  /** Runs a change of a webhook that this transaction holds. */
  async function change<T>(
    operator: Operator,
    id: string,
    work: (store: Store, webhook: WebhookRecord) => Promise<T>,
  ): Promise<T> {
    requireScope(operator, 'webhooks');
    return store.transaction(async (store) => {
      await requireStillAllowed(store, operator, 'webhooks');
      const webhook = await store.webhooks.lock(id);
      if (webhook === null) throw noSuchWebhook();
      return work(store, webhook);
    });
  }

  function requireMayChange(operator: Operator, url: string): void {
    if (isKey(operator) && webhookUrls.isInternal(url)) throw internalNotForKeys();
  }

  // A restore prefers the later of two states, so that the time of a change never goes back with the clock.
  const changeTime = (before: WebhookRecord) => Math.max(clock.now(), before.changedAt + 1);

  return {
    async create(operator, body) {
      requireScope(operator, 'webhooks');
      const url = webhookUrls.check(body.url);
      requireMayChange(operator, url);
      const at = clock.now();
      const times = { createdAt: at, changedAt: at };
      const defaults = { format: 'standard', description: null, disabled: false } as const;
      const webhook: WebhookRecord = { id: newId(), events: [], ...defaults, ...fieldsOf(body), url, ...times };
      const secret = newSecret();
      await store.transaction(async (store) => {
        await requireStillAllowed(store, operator, 'webhooks');
        const outcome = await store.webhooks.insert(webhook, secret.reveal(), limits.maxWebhooks);
        if (outcome === 'too-many') throw tooManyWebhooks();
        if (outcome === 'url-taken') throw urlTaken();
        await record(deps, store, operator, { action: 'webhook.created', webhook });
      });
      return { webhook, secret };
    },

    edit: (operator, id, body, precondition = noPrecondition) =>
      change(operator, id, async (store, before) => {
        precondition(before);
        const fields = { ...fieldsOf(body), ...(body.url !== undefined && { url: webhookUrls.check(body.url) }) };
        const webhook = { ...before, ...fields, changedAt: changeTime(before) };
        requireMayChange(operator, before.url);
        requireMayChange(operator, webhook.url);
        const changes = changesBetween(before, webhook);
        if (changes.length === 0) return before;
        const outcome = await store.webhooks.edit(id, { ...fields, changedAt: webhook.changedAt });
        if (outcome === 'missing') throw noSuchWebhook();
        if (outcome === 'url-taken') throw urlTaken();
        await record(deps, store, operator, { action: 'webhook.changed', webhook, changes });
        return webhook;
      }),

    async rotateSecret(operator, id) {
      const secret = newSecret();
      const webhook = await change(operator, id, async (store, before) => {
        requireMayChange(operator, before.url);
        const changedAt = changeTime(before);
        const previousUntil = clock.now() + limits.webhookSecretOverlapMs;
        await store.webhooks.rotateSecret(id, { secret: secret.reveal(), previousUntil, changedAt });
        const changes = [{ field: 'secret', from: null, to: 'rotated' }];
        await record(deps, store, operator, { action: 'webhook.changed', webhook: before, changes });
        return { ...before, changedAt };
      });
      return { webhook, secret };
    },

    delete: (operator, id, precondition = noPrecondition) =>
      change(operator, id, async (store, webhook) => {
        precondition(webhook);
        await store.webhooks.delete(id);
        await record(deps, store, operator, { action: 'webhook.deleted', webhook });
      }),

    async get(operator, id) {
      requireScope(operator, 'webhooks');
      const webhook = await store.webhooks.findById(id);
      if (webhook === null) throw noSuchWebhook();
      return webhook;
    },

    async list(operator, page) {
      requireScope(operator, 'webhooks');
      return store.webhooks.list(page);
    },
  };
}

/** Generates a secret as Standard Webhooks writes it: the prefix and the base64 of random bytes. */
function newSecret(): Secret {
  return new Secret(`whsec_${randomBytes(secretBytes).toString('base64')}`);
}

function record(
  { auditTrail, clock }: WebhookDeps,
  store: Store,
  operator: Operator,
  what: {
    action: 'webhook.created' | 'webhook.changed' | 'webhook.deleted';
    webhook: WebhookRecord;
    changes?: FieldChange[];
  },
): Promise<void> {
  const actor = operatorActor(operator);
  return auditTrail.webhook(store, { at: clock.now(), actor, clientInfo: operator.clientInfo, ...what });
}
