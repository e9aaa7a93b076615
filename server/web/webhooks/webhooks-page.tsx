import type { Child } from 'hono/jsx';
import type { WebhookRecord } from '../../store/records.ts';
import { ClippedText } from '../shell/components/clipped-text.tsx';
import { EmptyList } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { formatLabels } from './webhook-form.ts';
import { webhookPath, webhooksPath } from './webhook-paths.ts';

interface WebhooksPageProps {
  webhooks: WebhookRecord[];
  /** URL of this page, with `?cursor`. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  dialog?: Child;
}

/** All webhooks, newest first. An auditor only reads them. */
export function WebhooksPage({ webhooks, pageUrl, nextCursor, dialog }: WebhooksPageProps) {
  return (
    <Layout title="Webhooks" section={webhooksPath}>
      <div class="heading">
        <h1>Webhooks</h1>
        {useMember().superuser && (
          <a class="button primary" id="add" href={formatUrl(pageUrl, { dialog: 'add' })}>
            Create a webhook
          </a>
        )}
      </div>
      <p>A webhook sends audit events to another system as they happen, such as a chat channel or a log archive.</p>
      {webhooks.length > 0 ? (
        <WebhookTable webhooks={webhooks} />
      ) : (
        <EmptyList lead="There are no webhooks.">
          <p>{useMember().superuser ? 'Create one' : 'A superuser creates one'} to learn of events elsewhere.</p>
        </EmptyList>
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}

function WebhookTable({ webhooks }: Pick<WebhooksPageProps, 'webhooks'>) {
  return (
    <table class="list brief">
      <caption class="visually-hidden">Webhooks, newest first</caption>
      <thead>
        <tr>
          {['URL', 'Events', 'Format', 'Status'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {webhooks.map(({ id, url, events, format, description, disabled }) => (
          <tr>
            <th scope="row">
              <a href={webhookPath(id)}>
                <ClippedText text={url} />
              </a>
              {description !== null && (
                <span class="sub">
                  <ClippedText text={description} />
                </span>
              )}
            </th>
            <td data-label="Events" class="second words">
              {events.join(', ')}
            </td>
            <td data-label="Format">{formatLabels[format]}</td>
            <td data-label="Status" class="state">
              <StatusBadge status={disabled ? 'disabled' : 'active'} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
