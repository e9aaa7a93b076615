import { Hono } from 'hono';
import type { Child } from 'hono/jsx';
import { deliveryStatuses } from '../../../shared/schemas/webhooks.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { notFound } from '../../http/errors.ts';
import { readPage } from '../../http/paging.ts';
import { idParamSchema } from '../../http/validate.ts';
import { historyOfTarget } from '../audit/history/read-history.ts';
import { ConfirmDialog } from '../shell/components/form-dialog.tsx';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { moreActionsId } from '../shell/object-heading.tsx';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { WebhookDialog } from './webhook-dialog.tsx';
import { createWebhookBody, editWebhookBody, emptyWebhookForm, formOf, readWebhookForm } from './webhook-form.ts';
import { webhookName } from './webhook-name.ts';
import { WebhookPage } from './webhook-page.tsx';
import { webhookPath, webhooksPath } from './webhook-paths.ts';
import { WebhookSecretPage } from './webhook-secret-page.tsx';
import { WebhooksPage } from './webhooks-page.tsx';

/** Routes of `/organization/webhooks`: receivers of audit events, for superusers and auditors. Only superusers change them. */
export function webhookPages({
  webhooks,
  deliveries,
  audit,
  clock,
  messages,
}: Pick<AppDeps, 'webhooks' | 'deliveries' | 'audit' | 'clock'> & MessageDeps) {
  return new Hono<AppEnv>()
    .get(webhooksPath, async (c) => {
      const adds = c.get('caller').user.superuser && c.req.query('dialog') === 'add';
      const closeHref = `${formatUrl(listUrl(c))}#add`;
      const dialog = adds ? <WebhookDialog closeHref={closeHref} form={emptyWebhookForm} /> : null;
      return c.render(await list(c, dialog));
    })
    .post(webhooksPath, async (c) => {
      const form = readWebhookForm(await c.req.parseBody());
      try {
        const { webhook, secret } = await webhooks.create(c.get('caller'), createWebhookBody(form));
        return c.render(<WebhookSecretPage webhook={webhook} secret={secret.reveal()} />);
      } catch (error) {
        const problem = expectProblem(error);
        const dialog = <WebhookDialog closeHref={`${webhooksPath}#add`} form={form} problem={problem} />;
        return renderProblem(c, problem, await list(c, dialog));
      }
    })
    .get(`${webhooksPath}/:id`, async (c) => c.render(await page(c, await requestedDialog(c))))
    .post(`${webhooksPath}/:id/edit`, async (c) => {
      const id = idOf(c);
      const form = readWebhookForm(await c.req.parseBody());
      try {
        const body = editWebhookBody(form);
        const caller = c.get('caller');
        const webhook = await (Object.keys(body).length > 0
          ? webhooks.edit(caller, id, body)
          : webhooks.get(caller, id));
        return messages.redirect(c, webhookPath(id), 'webhook-changed', webhookName(webhook));
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code === 'webhook-not-found') throw problem;
        const dialog = <WebhookDialog id={id} closeHref={`${webhookPath(id)}#edit`} form={form} problem={problem} />;
        return renderProblem(c, problem, await page(c, dialog));
      }
    })
    .post(`${webhooksPath}/:id/:action`, async (c) => {
      const [id, caller] = [idOf(c), c.get('caller')];
      const name = webhookName(await webhooks.get(caller, id));
      switch (c.req.param('action')) {
        case 'test':
          await deliveries.test(caller, id);
          return messages.redirect(c, webhookPath(id), 'webhook-tested', name);
        case 'enable':
          await webhooks.edit(caller, id, { disabled: false });
          return messages.redirect(c, webhookPath(id), 'webhook-enabled', name);
        case 'disable':
          await webhooks.edit(caller, id, { disabled: true });
          return messages.redirect(c, webhookPath(id), 'webhook-disabled', name);
        case 'rotate-secret': {
          const { webhook, secret } = await webhooks.rotateSecret(caller, id);
          return c.render(<WebhookSecretPage webhook={webhook} secret={secret.reveal()} rotated />);
        }
        case 'delete':
          await webhooks.delete(caller, id);
          return messages.redirect(c, webhooksPath, 'webhook-deleted', name);
        default:
          throw notFound();
      }
    })
    .post(`${webhooksPath}/:id/deliveries/:delivery/retry`, async (c) => {
      const id = idOf(c);
      const name = webhookName(await webhooks.get(c.get('caller'), id));
      await deliveries.retry(c.get('caller'), id, idParamSchema.parse({ id: c.req.param('delivery') }).id);
      return messages.redirect(c, webhookPath(id), 'delivery-retried', name);
    });

  async function list(c: AppContext, dialog: Child) {
    const pageUrl = listUrl(c);
    const read = (query: Parameters<typeof webhooks.list>[1]) => webhooks.list(c.get('caller'), query);
    const { items, next_cursor } = await readPage({ cursor: pageUrl.query.cursor }, read, (webhook) => webhook);
    const props = { webhooks: items, pageUrl, nextCursor: next_cursor, dialog };
    return <WebhooksPage {...props} />;
  }

  async function page(c: AppContext, dialog: Child) {
    const webhook = await webhooks.get(c.get('caller'), idOf(c));
    const pageUrl = webhookUrl(c);
    const status = deliveryStatuses.find((one) => one === pageUrl.query.status);
    const read = (query: Parameters<typeof deliveries.list>[2]) =>
      deliveries.list(c.get('caller'), webhook.id, { ...query, ...(status && { status }) });
    const { items, next_cursor } = await readPage({ cursor: pageUrl.query.cursor }, read, (delivery) => delivery);
    const history = await historyOfTarget({ audit }, c, webhook.id);
    const props = { webhook, deliveries: items, pageUrl, nextCursor: next_cursor, history, now: clock.now(), dialog };
    return <WebhookPage {...props} />;
  }

  /** Returns the dialog that `?dialog=` names. An auditor gets none. */
  async function requestedDialog(c: AppContext): Promise<Child> {
    if (!c.get('caller').user.superuser) return null;
    const dialog = c.req.query('dialog');
    const id = idOf(c);
    const closeHref = `${formatUrl(webhookUrl(c))}#${dialog === 'edit' ? 'edit' : moreActionsId}`;
    if (dialog === 'edit') {
      const webhook = await webhooks.get(c.get('caller'), id);
      return <WebhookDialog id={id} closeHref={closeHref} form={formOf(webhook)} />;
    }
    const confirms = { closeHref, action: `${webhookPath(id)}/${dialog}` };
    if (dialog === 'rotate-secret') {
      return (
        <ConfirmDialog {...confirms} title="Rotate the secret?" confirm="Rotate secret">
          <p>Events are signed with both secrets for 24 hours. Give the new one to the receiver in that time.</p>
        </ConfirmDialog>
      );
    }
    if (dialog !== 'delete') return null;
    return (
      <ConfirmDialog {...confirms} title="Delete this webhook?" confirm="Delete webhook" danger>
        <p>Events that were not delivered yet are never sent.</p>
      </ConfirmDialog>
    );
  }
}

function listUrl(c: AppContext): PageUrl {
  return { path: webhooksPath, query: { cursor: c.req.query('cursor') || undefined } };
}

function webhookUrl(c: AppContext): PageUrl {
  const { cursor, status } = c.req.query();
  return { path: webhookPath(idOf(c)), query: { cursor: cursor || undefined, status: status || undefined } };
}

function idOf(c: AppContext): string {
  return idParamSchema.parse({ id: c.req.param('id') }).id;
}
