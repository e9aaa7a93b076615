import { randomBytes } from 'node:crypto';
import { limits } from '../../../shared/limits.ts';
import type { CreateWebhookBody, EditWebhookBody } from '../../../shared/schemas/webhooks.ts';
import type { Page, WebhookRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { isKey, type Operator, operatorActor, requireReader, requireScope, requireStillAllowed } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { noPrecondition, type Precondition } from '../precondition.ts';
import { Secret } from '../secrets.ts';
import { tellOfWebhook, type WebhookNews } from './tell-of-webhook.ts';
import { changesBetween, fieldsOf } from './webhook-fields.ts';
import { internalNotForKeys, noSuchWebhook, tooManyWebhooks, urlTaken } from './webhook-problems.ts';
import { urlForAuditors, type WebhookUrls } from './webhook-url.ts';

export interface WebhookDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  notifier: Notifier;
  webhookUrls: WebhookUrls;
}

/** A webhook with its secret, which is shown only once. */
export interface IssuedWebhook {
  webhook: WebhookRecord;
  secret: Secret;
}

/**
 * Receivers of audit events. A webhook that leads to this machine or to a listed host can be created and changed only by a
 * superuser. All superusers get a mail about each change, unless only the description changed. Auditors read webhooks, with the
 * server of each URL only.
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
  /** Returns a webhook as the operator may read it. @throws ProblemError `webhook-not-found` */
  get(operator: Operator, id: string): Promise<WebhookRecord>;
  /** Returns webhooks as the operator may read them, newest first. */
  list(operator: Operator, page: Page): Promise<WebhookRecord[]>;
}

const secretBytes = 32;

export function createWebhooks(deps: WebhookDeps): Webhooks {
  const { store, clock, newId, notifier, webhookUrls } = deps;

  /** Runs a change of a webhook that this transaction holds. */
  async function change<T>(
    operator: Operator,
    id: string,
    work: (store: Store, webhook: WebhookRecord) => Promise<T>,
  ): Promise<T> {
    requireScope(operator, 'webhooks');
    const changed = await store.transaction(async (store) => {
      await requireStillAllowed(store, operator, 'webhooks');
      const webhook = await store.webhooks.lock(id);
      if (webhook === null) throw noSuchWebhook();
      return work(store, webhook);
    });
    notifier.wake();
    return changed;
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
        await record(deps, store, operator, { stage: 'created', webhook });
      });
      notifier.wake();
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
        await record(deps, store, operator, { stage: 'changed', webhook, before, changes });
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
        await record(deps, store, operator, { stage: 'rotated', webhook: before, changes });
        return { ...before, changedAt };
      });
      return { webhook, secret };
    },

    delete: (operator, id, precondition = noPrecondition) =>
      change(operator, id, async (store, webhook) => {
        precondition(webhook);
        await store.webhooks.delete(id);
        await record(deps, store, operator, { stage: 'deleted', webhook });
      }),

    async get(operator, id) {
      requireReader(operator, 'webhooks');
      const webhook = await store.webhooks.findById(id);
      if (webhook === null) throw noSuchWebhook();
      return shownTo(operator, webhook);
    },

    async list(operator, page) {
      requireReader(operator, 'webhooks');
      return (await store.webhooks.list(page)).map((webhook) => shownTo(operator, webhook));
    },
  };
}

/** Returns the webhook without what the operator may not read. An auditor could post to a chat if they read its whole URL. */
function shownTo(operator: Operator, webhook: WebhookRecord): WebhookRecord {
  const readsUrl = isKey(operator) || operator.user.superuser;
  return readsUrl ? webhook : { ...webhook, url: urlForAuditors(webhook.url) };
}

/** Generates a secret as Standard Webhooks writes it: the prefix and the base64 of random bytes. */
function newSecret(): Secret {
  return new Secret(`whsec_${randomBytes(secretBytes).toString('base64')}`);
}

/** Writes the audit event of a change, and enqueues the mails about it. */
async function record(
  deps: WebhookDeps,
  store: Store,
  operator: Operator,
  { stage, webhook, ...what }: Pick<WebhookNews, 'stage' | 'webhook' | 'before' | 'changes'>,
): Promise<void> {
  const event = { at: deps.clock.now(), actor: operatorActor(operator), clientInfo: operator.clientInfo, webhook };
  const { changes } = what;
  const action = stage === 'rotated' ? 'webhook.changed' : (`webhook.${stage}` as const);
  await deps.auditTrail.webhook(store, { ...event, action, ...(changes && { changes: [...changes] }) });
  await tellOfWebhook(deps, store, { ...event, stage, ...what });
}
