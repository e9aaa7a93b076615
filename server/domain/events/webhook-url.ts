import { hostKind } from '../host-kind.ts';
import { invalidUrl } from './webhook-problems.ts';

/** Where webhooks may lead. */
export interface WebhookUrls {
  /**
   * Returns the URL in the form in which it is stored and compared.
   * @throws ProblemError `invalid-fields` if it leads to an internal address, or needs https
   */
  check(url: string): string;
  /** Reports whether a URL leads to this machine or to a host that the operator listed. */
  isInternal(url: string): boolean;
  /** Reports whether the operator listed the host of a URL, so that it may lead to any address. */
  isListed(url: string): boolean;
}

/** `hosts` are those of `TOKENSD_WEBHOOK_HOSTS`, in the form of `URL#hostname`. */
export function createWebhookUrls(hosts: readonly string[]): WebhookUrls {
  const listed = new Set(hosts);
  const isListed = (url: string) => listed.has(hostnameOf(url));
  return {
    isListed,
    isInternal: (url) => isListed(url) || hostKind(hostnameOf(url)) === 'loopback',
    check(text) {
      const { href, protocol, hostname } = new URL(text);
      if (isListed(href)) return href;
      const kind = hostKind(hostname);
      if (kind === 'internal') throw invalidUrl(`${hostname} is an internal address. ${listIt}`);
      if (protocol === 'http:' && kind !== 'loopback')
        throw invalidUrl(`Use https://, or http:// for localhost. ${listIt}`);
      return href;
    },
  };
}

const listIt = 'For a receiver in your own network, the operator lists its host in TOKENSD_WEBHOOK_HOSTS.';

/** Returns the host of a valid URL, without a final dot: a name with and without it is the same host. */
function hostnameOf(url: string): string {
  return new URL(url).hostname.replace(/(?<=[^.])\.$/, '');
}

/**
 * Returns the part of a URL that audit events, mails and logs may show. The rest may be a secret: anyone who has the URL of a
 * Slack webhook can post to its channel.
 */
export function webhookServer(url: string): string {
  return new URL(url).origin;
}

/** Returns the URL as auditors read it: `/…` stands for the path and the query. */
export function urlForAuditors(url: string): string {
  return `${webhookServer(url)}/…`;
}
