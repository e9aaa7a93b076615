import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';

export function noSuchWebhook(): ProblemError {
  return new ProblemError('webhook-not-found', 'There is no such webhook.');
}

export function noSuchDelivery(): ProblemError {
  return new ProblemError('delivery-not-found', 'There is no such delivery. Deliveries are kept for 30 days.');
}

export function urlTaken(): ProblemError {
  const detail = 'There is already a webhook with this URL. Change its events instead.';
  return new ProblemError('url-taken', detail, { errors: [{ pointer: '/url', detail }] });
}

export function tooManyWebhooks(): ProblemError {
  return new ProblemError(
    'webhook-limit',
    `There are already ${limits.maxWebhooks} webhooks. Delete one that is no longer used.`,
  );
}

export function webhookDisabled(): ProblemError {
  return new ProblemError('webhook-disabled', 'The webhook is disabled, so nothing is sent to it. Enable it first.');
}

export function invalidUrl(detail: string): ProblemError {
  return new ProblemError('invalid-fields', `/url: ${detail}`, { errors: [{ pointer: '/url', detail }] });
}

export function internalNotForKeys(): ProblemError {
  const detail =
    'The webhook leads to this machine or to a host of TOKENSD_WEBHOOK_HOSTS. Only an Organization Superuser may create or change it.';
  return new ProblemError('not-for-keys', detail);
}
