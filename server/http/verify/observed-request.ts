import { limits } from '../../../shared/limits.ts';
import { redact } from '../../../shared/redact.ts';
import type { NormalizeRequest } from '../../domain/tokens/last-used.ts';
import type { ClientIp } from '../client-ip.ts';
import { decodeHeader } from '../wire/raw-headers.ts';
import { pathOf } from './proxies.ts';

/** Creates the function that turns an observed request into a last use: decoded, bounded and without secrets. */
export function createNormalizeRequest(clientIp: Pick<ClientIp, 'resolve'>): NormalizeRequest {
  return ({ method, target, peer, forwardedFor, userAgent }) => ({
    method: method === null ? null : normalizeMethod(method),
    path: target === null ? null : normalizePath(target),
    ip: clientIp.resolve(peer, forwardedFor),
    userAgent: userAgent === null ? null : normalizeUserAgent(userAgent),
  });
}

/** Returns the path of a raw request target in the form in which it is stored. */
export function normalizePath(target: string): string {
  return normalizeText(pathOf(target), limits.maxPathCharacters);
}

/** Returns a raw `User-Agent` value in the form in which it is stored. */
export function normalizeUserAgent(latin1: string): string {
  return normalizeText(latin1, limits.maxUserAgentCharacters);
}

/**
 * Cuts a raw value to a length that is quick to redact. UTF-8 has at most four bytes for a character, and redaction leaves at
 * least a third of a secret. So a secret or a character that is cut here lies beyond `maxCharacters`.
 */
export function shorten(latin1: string, maxCharacters: number): string {
  const maxBytes = 8 * maxCharacters;
  if (latin1.length <= maxBytes) return latin1;
  // A character that is cut in half would make the bytes invalid UTF-8. The copy keeps the whole value from staying in memory.
  return Buffer.from(latin1.slice(0, maxBytes).replace(/[\xc0-\xff]?[\x80-\xbf]{0,3}$/, ''), 'latin1').toString(
    'latin1',
  );
}

export function normalizeMethod(method: string): string {
  return /^[A-Z]{1,16}$/.test(method) ? method : 'OTHER';
}

/** Redacts secrets, because some clients put them into paths and user agents. Then truncates the text. */
function normalizeText(sent: string, maxCharacters: number): string {
  const latin1 = shorten(sent, maxCharacters);
  const text = redact(decodeHeader(latin1) ?? latin1);
  return text.length <= maxCharacters ? text : [...text].slice(0, maxCharacters).join('');
}
