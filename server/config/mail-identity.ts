import { isIP } from 'node:net';
import { parseUrl } from '../../shared/urls.ts';

// How this installation introduces itself in mail: its sender address, and its name towards mail servers.

/** An address with the name that mail programs show. */
export interface Sender {
  name: string;
  address: string;
}

const addressPattern = String.raw`[^\s<>@,;:"()\\]+@[^\s<>@,;:"()\\]+`;
const senderPattern = new RegExp(
  `^(?:(?:"(?<quoted>(?:[^"\\\\]|\\\\.)*)"|(?<plain>[^"<>@]*?))\\s*<(?<inBrackets>${addressPattern})>|(?<bare>${addressPattern}))$`,
  'u',
);

/** Reads `address`, `<address>`, `Name <address>` or `"Name" <address>`. Returns null for anything else. */
export function parseSender(text: string): Sender | null {
  const { quoted, plain, inBrackets, bare } = senderPattern.exec(text.trim())?.groups ?? {};
  const address = inBrackets ?? bare;
  if (address === undefined || /\p{C}/u.test(text)) return null;
  return { name: (quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '').trim(), address };
}

/** Returns the sender of mails. Unless the setting gives a name, the sender is called `Example Corp tokens`. */
export function mailSender({ mailFrom, organization }: { mailFrom: string; organization: string | null }): Sender {
  const sender = parseSender(mailFrom) ?? { name: '', address: mailFrom };
  return sender.name === '' ? { ...sender, name: organization === null ? 'tokens' : `${organization} tokens` } : sender;
}

/** Returns the default sender address: `tokens@` and the host of the public URL, or `localhost` if that is an IP address. */
export function defaultSender(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  return `tokens@${isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : 'localhost'}`;
}

/** Returns the host of a URL if it is a full domain name such as `tokens.example.com`; null for IP addresses and short names. */
export function fullDomainOf(url: string): string | null {
  const host = new URL(url).hostname.replace(/\.$/, '');
  return isFullDomain(host) ? host : null;
}

/** Returns whether mail servers can accept the domain of an address: a full domain name, not `localhost` or an IP address. */
export function isFullDomain(host: string): boolean {
  return host.includes('.') && !host.includes(':') && isIP(host) === 0 && !host.startsWith('[');
}

/**
 * Returns the name for EHLO (RFC 5321 §4.1.4): the domain of the public URL, or else of the sender, because many mail
 * servers reject short names. Without a domain, a public IP address as a literal (§4.1.3). Null: the mailer uses the name
 * of the machine.
 */
export function ehloName({ publicUrl, mailFrom }: { publicUrl: string; mailFrom: string }): string | null {
  const senderDomain = (parseSender(mailFrom)?.address ?? '').split('@').at(-1) ?? '';
  const domain =
    fullDomainOf(publicUrl) ??
    (parseUrl(`smtp://${senderDomain}`) !== null ? fullDomainOf(`https://${senderDomain}`) : null);
  if (domain !== null) return domain;
  const host = new URL(publicUrl).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0 || /^(?:127\.|0\.0\.0\.0$|::1?$)/.test(host)) return null;
  return isIP(host) === 6 ? `[IPv6:${host}]` : `[${host}]`;
}
