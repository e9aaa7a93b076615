import type { Child } from 'hono/jsx';
import type { DeliveryRecord, WebhookRecord } from '../../store/records.ts';
import { History, type HistoryPage } from '../audit/history/history.tsx';
import { FormToken } from '../shell/components/form.tsx';
import { EmptyList, NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { ExactTime, Time } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { type ObjectAction, ObjectHeading } from '../shell/object-heading.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { formatLabels } from './webhook-form.ts';
import { webhookName } from './webhook-name.ts';
import { webhookPath, webhooksPath } from './webhook-paths.ts';

interface WebhookPageProps {
  webhook: WebhookRecord;
  deliveries: DeliveryRecord[];
  /** URL of this page, with `?cursor` and `?status`. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  history: HistoryPage;
  now: number;
  dialog?: Child;
}

/** One webhook, its deliveries and its history. An auditor only reads it. */
export function WebhookPage(props: WebhookPageProps) {
  const { webhook, deliveries, pageUrl, nextCursor, history, now, dialog } = props;
  const name = webhookName(webhook);
  const failed = pageUrl.query.status === 'failed';
  return (
    <Layout title={name} section={webhooksPath}>
      <ObjectHeading
        back={{ href: webhooksPath, text: 'Back to the webhooks' }}
        name={name}
        actions={useMember().superuser ? actionsOn(webhook, pageUrl) : []}
      />
      <WebhookFacts webhook={webhook} now={now} />
      <div class="heading">
        <h2>Deliveries</h2>
        <a class="button quiet" href={failed ? webhookPath(webhook.id) : `${webhookPath(webhook.id)}?status=failed`}>
          {failed ? 'Show all' : 'Show failed ones'}
        </a>
      </div>
      <p>Events are kept for 30 days. One that could not be delivered is attempted again for three days.</p>
      {deliveries.length > 0 ? (
        <DeliveryTable webhook={webhook} deliveries={deliveries} now={now} />
      ) : (
        <NoDeliveries webhook={webhook} failed={failed} />
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      <History about="this webhook" auditQuery={{ target: webhook.id }} pageUrl={pageUrl} {...history} />
      {dialog}
    </Layout>
  );
}

function NoDeliveries({ webhook: { id, disabled }, failed }: Pick<WebhookPageProps, 'webhook'> & { failed: boolean }) {
  if (failed) return <NothingMatches lead="No delivery has failed." clearHref={webhookPath(id)} />;
  const nextStep = disabled
    ? 'Enable the webhook to send it events.'
    : 'Send a test event to see whether the receiver accepts it.';
  return (
    <EmptyList lead="Nothing was sent yet.">
      <p>{useMember().superuser ? nextStep : 'Events of the actions above are listed here.'}</p>
    </EmptyList>
  );
}

function WebhookFacts({ webhook, now }: Pick<WebhookPageProps, 'webhook' | 'now'>) {
  const { url, events, format, description, disabled, createdAt } = webhook;
  return (
    <dl class="facts">
      <dt>URL</dt>
      <dd>
        <bdi>{url}</bdi>
        {!useMember().superuser && (
          <span class="sub">Only superusers see the rest of the address, because it can hold a secret.</span>
        )}
      </dd>
      <dt>Events</dt>
      <dd>{events.join(', ')}</dd>
      <dt>Format</dt>
      <dd>{formatLabels[format]}</dd>
      {description !== null && (
        <>
          <dt>Description</dt>
          <dd>
            <bdi>{description}</bdi>
          </dd>
        </>
      )}
      <dt>Status</dt>
      <dd>
        <StatusBadge status={disabled ? 'disabled' : 'active'} />
      </dd>
      <dt>Created</dt>
      <dd>
        <ExactTime at={createdAt} now={now} />
      </dd>
    </dl>
  );
}

/** A receiver that is disabled gets no test. */
function actionsOn({ id, disabled }: WebhookRecord, pageUrl: PageUrl): ObjectAction[] {
  const dialog = (name: string, label: string) => ({ id: name, label, href: formatUrl(pageUrl, { dialog: name }) });
  const enable = { post: `${webhookPath(id)}/enable`, label: 'Enable' };
  const disable = { post: `${webhookPath(id)}/disable`, label: 'Disable' };
  const test = { post: `${webhookPath(id)}/test`, label: 'Send a test event' };
  return [
    dialog('edit', 'Edit'),
    disabled ? enable : test,
    dialog('rotate-secret', 'Rotate secret'),
    ...(disabled ? [] : [disable]),
    { ...dialog('delete', 'Delete'), danger: true },
  ];
}

/** Returns what sends an event once more. Null while it waits for its first attempt. */
function againLabel({ status, attempts }: DeliveryRecord): string | null {
  if (status === 'delivered') return 'Send again';
  return status === 'failed' || attempts > 0 ? 'Retry' : null;
}

function AgainButton({ label, action, about }: { label: string; action: string; about: string }) {
  return (
    <form method="post" action={action}>
      <FormToken />
      <button type="submit" class="quiet">
        {label}
        <span class="visually-hidden"> {about}</span>
      </button>
    </form>
  );
}

function DeliveryTable({ webhook, deliveries, now }: Pick<WebhookPageProps, 'webhook' | 'deliveries' | 'now'>) {
  const { superuser } = useMember();
  return (
    <table class="list brief">
      <caption class="visually-hidden">Deliveries, newest first</caption>
      <thead>
        <tr>
          {['Event', 'Time', 'Status', 'Attempts'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
          {superuser && <td />}
        </tr>
      </thead>
      <tbody>
        {deliveries.map((delivery) => (
          <DeliveryRow delivery={delivery} webhook={webhook} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function DeliveryRow({
  delivery,
  webhook,
  now,
}: Pick<WebhookPageProps, 'webhook' | 'now'> & { delivery: DeliveryRecord }) {
  const { id, event, at, status, attempts, error } = delivery;
  const again = webhook.disabled ? null : againLabel(delivery);
  return (
    <tr>
      <th scope="row">{event}</th>
      <td data-label="Time" class="second">
        <Time at={at} now={now} />
        {error !== null && <span class="on-phone"> · {error}</span>}
      </td>
      <td data-label="Status" class="words state">
        <StatusBadge status={status} />
        {error !== null && <span class="sub">{error}</span>}
      </td>
      <td data-label="Attempts">{attempts}</td>
      {useMember().superuser && (
        <td class="end">
          {again !== null && (
            <AgainButton
              label={again}
              action={`${webhookPath(webhook.id)}/deliveries/${id}/retry`}
              about={`${event} ${id}`}
            />
          )}
        </td>
      )}
    </tr>
  );
}
