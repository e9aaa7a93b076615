import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { limits } from '../../../shared/limits.ts';
import { normalizeHost } from '../../../shared/schemas/host.ts';
import { parseDuration } from '../../../shared/times/duration.ts';
import { isLoopback, parseUrl } from '../../../shared/urls.ts';
import { logLevels } from '../../observability/log.ts';
import { basePathMistake } from '../base-path.ts';
import { parseCidr } from '../ip-address.ts';
import type { ListenAddress } from '../listen-address.ts';
import { parseSender } from '../mail-identity.ts';
import { smtpUrlMistake } from '../smtp-url.ts';

// How the text of an environment variable becomes a value. Each message continues "NAME …", so it starts with a verb.

/** An address and a port, or the path of a Unix socket. The host is null for all addresses. */
export const listenValue = z.string().transform((text, context): ListenAddress => {
  const [, socket] = /^unix:(\/.+)$/.exec(text) ?? [];
  if (socket !== undefined) {
    if (Buffer.byteLength(socket) <= maxSocketPathBytes) return { socket };
    context.addIssue(
      `must have a path of at most ${maxSocketPathBytes} bytes, because Unix sockets allow no longer one`,
    );
    return z.NEVER;
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]*)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2] ?? '';
  const isValidHost = !host.includes(':') || isIPv6(host);
  if (match && port <= 65_535 && isValidHost) return { host: host === '' || host === '*' ? null : host, port };
  context.addIssue(
    'must be HOST:PORT, such as 127.0.0.1:8420, [::1]:8420, or *:8420 for all addresses, or unix:/path/of.sock',
  );
  return z.NEVER;
});

/** The system's limit, with one byte for the end. Node.js would cut a longer path off. */
const maxSocketPathBytes = 103;

export function urlValue(protocols: string[], example: string) {
  return z
    .string()
    .refine(
      (text) => !/\s/.test(text) && parseUrl(text) !== null && protocols.includes(new URL(text).protocol),
      `must be a URL such as ${example}`,
    );
}

/** A web address in the form that browsers send: host in lower case, no default port. Without trailing slashes, so that paths can be appended. */
export const publicUrlValue = urlValue(['http:', 'https:'], 'https://tokens.example.com')
  .refine(
    (text) => parseUrl(text) === null || (new URL(text).username === '' && !/[?#@]/.test(text)),
    'must not contain a user name, query or fragment',
  )
  .refine((text) => parseUrl(text) === null || new URL(text).hostname !== '*', 'must name a host that members can open')
  .superRefine((text, context) => {
    const mistake = parseUrl(text) !== null ? basePathMistake(text) : null;
    if (mistake !== null) context.addIssue(mistake);
  })
  .transform((text) => parseUrl(text)?.href.replace(/\/+$/, '') ?? text);

/**
 * Requires HTTPS except on loopback, because client secrets and ID tokens are sent to this address. A password would be shown with the other settings,
 * and requests to such an address fail.
 */
export const issuerValue = urlValue(['http:', 'https:'], 'https://sso.example.com')
  .refine(
    (text) => parseUrl(text) === null || new URL(text).protocol === 'https:' || isLoopback(new URL(text).hostname),
    'must use https:// (http:// is accepted only for a loopback address)',
  )
  .refine(
    (text) => parseUrl(text) === null || (new URL(text).username === '' && new URL(text).password === ''),
    'must not contain a user name or a password',
  );

const leakActions = ['revoke', 'pause', 'notify'] as const;

export const leakActionValue = z
  .string()
  .toLowerCase()
  .pipe(z.enum(leakActions, `must be one of ${leakActions.join(', ')}`));

/** A path. Only a shell expands `~`, so it would become a directory of that name. */
export const directoryValue = z.string().regex(/^(?!~)/, 'must not start with ~. Write the whole path');

/** A number of seconds, or a duration such as `90d`, as seconds. */
export const durationValue = z.string().transform((text, context) => {
  const seconds = /^[0-9]{1,10}$/.test(text) ? Number(text) : parseDuration(text);
  if (seconds !== null && seconds >= 1 && seconds <= limits.maxExpirySeconds) return seconds;
  context.addIssue('must be a duration such as 12h, 90d or 1y, at most 100 years');
  return z.NEVER;
});

/** Durations, as seconds. An empty list is allowed. */
export const durationsValue = z.string().transform((text, context) => {
  const parsed = commaSeparated(text).map((entry) => durationValue.safeParse(entry));
  if (parsed.some(({ success }) => !success))
    context.addIssue('must be a comma-separated list of durations, such as 30d,7d,1d');
  return parsed.flatMap(({ data }) => (data === undefined ? [] : [data]));
});

/** How long mails are collected, in seconds. */
export const shortLivedDigestValue = durationValue.refine((seconds) => seconds <= 86_400, 'must be at most 24h');

const minSessionSeconds = 5 * 60;

/** How long a session lasts, in seconds. Members could not work with less. */
export const sessionDurationValue = durationValue.refine(
  (seconds) => seconds >= minSessionSeconds,
  'must be at least 5m',
);

const daySeconds = 24 * 60 * 60;

/** How long uses are kept, in seconds. The shortest view shows one day. */
export const usageDurationValue = durationValue.refine((seconds) => seconds >= daySeconds, 'must be at least 1d');

export const proxiesValue = z.string().transform((text, context) => {
  const entries = commaSeparated(text);
  for (const entry of entries) {
    try {
      parseCidr(entry);
    } catch {
      context.addIssue(`must be a comma-separated list of IP addresses or CIDR ranges, but contains "${entry}"`);
    }
  }
  return entries;
});

export const domainsValue = z
  .string()
  .transform((text) => commaSeparated(text.toLowerCase()))
  .refine(
    (domains) => domains.every((domain) => /^[\p{L}\p{N}.-]+$/u.test(domain)),
    'must be a comma-separated list of domains, such as example.com,example.org',
  );

/** Hosts, in the form in which URLs have them. */
export const webhookHostsValue = z.string().transform((text, context) => {
  const hosts = commaSeparated(text).map((entry) => {
    const host = normalizeHost(entry.includes(':') && !entry.startsWith('[') ? `[${entry}]` : entry);
    const hasPort = /:[0-9]+$/.test(entry) && !isIPv6(entry);
    if (host !== null && !hasPort) return host;
    context.addIssue(`must be a comma-separated list of host names or IP addresses, but contains "${entry}"`);
    return z.NEVER;
  });
  return hosts;
});

/** Scopes of OAuth 2.0 (RFC 6749 §3.3). */
export const scopesValue = z
  .string()
  .transform(commaSeparated)
  .refine(
    (scopes) => scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)),
    'must be scopes separated by spaces or commas, such as groups offline_access',
  );

const emailVerifiedRules = ['required', 'unless-false', 'ignore'] as const;

export const emailVerifiedValue = z
  .string()
  .toLowerCase()
  .pipe(z.enum(emailVerifiedRules, `must be one of ${emailVerifiedRules.join(', ')}`));

export const booleanValue = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['true', 'false'], 'must be true or false'))
  .transform((text) => text === 'true');

export const logLevelValue = z
  .string()
  .toLowerCase()
  .pipe(z.enum(logLevels, `must be one of ${logLevels.join(', ')}`));

export const smtpUrlValue = z.string().superRefine((text, context) => {
  const mistake = smtpUrlMistake(text);
  if (mistake !== null) context.addIssue(mistake);
});

export const mailFromValue = z
  .string()
  .refine(
    (text) => parseSender(text) !== null,
    'must be an email address such as tokens@example.com or "Example Corp" <tokens@example.com>',
  );

export const maxTokensValue = z
  .string()
  .regex(/^[1-9][0-9]{0,6}$/, 'must be a whole number from 1 to 9999999')
  .transform(Number);

export const organizationValue = z
  .string()
  .max(200, 'must be at most 200 characters')
  .regex(/^\P{C}*$/u, 'must not contain control characters');

function commaSeparated(text: string): string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '');
}
