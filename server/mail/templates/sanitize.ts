import { redact } from '../../../shared/redact.ts';
import type { MailText } from '../../domain/notifications/mail-content.ts';

const maxOutsideCharacters = 300;

/** Returns the text as one string, with its untrusted parts sanitized. */
export function plain(text: MailText): string {
  if (typeof text === 'string') return text;
  return text.map((part) => (typeof part === 'string' ? part : sanitize(part.outside))).join('');
}

/**
 * Makes untrusted text harmless:
 *
 * - Redacts every text that looks like a token or a session.
 * - Removes control, bidi and zero-width characters, so that it can neither add lines nor reorder others.
 * - Breaks up web and mail addresses (`evil[.]example`), because mail programs turn them into links.
 * - Shortens it to 300 characters.
 */
function sanitize(text: string): string {
  const line = oneLine(redact(text))
    .replace(/:(?=\/\/)/g, '[:]')
    .replace(/[.\u3002\uFF0E\uFF61](?=\p{L}{2})/gu, '[.]');
  return shorten(line, maxOutsideCharacters);
}

/** Replaces line breaks and other separators with spaces, and removes invisible characters. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Z}\p{Cc}]+/gu, ' ')
    .replace(/\p{C}/gu, '')
    .trim();
}

/** Cuts the text to `maxCharacters` code points, the last of them an ellipsis. */
export function shorten(text: string, maxCharacters: number): string {
  const characters = [...text];
  return characters.length <= maxCharacters ? text : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}
