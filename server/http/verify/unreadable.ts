import { routeOf } from './handler.ts';
import { refusalAnswer } from './refusal.ts';

const longestRequestLine = 8192;

/**
 * The answer to a message that the HTTP parser refuses, if its request line asks a verification route; else null. Proxies
 * pass on header fields that the parser does not take, and turn its 400 into a 500: nothing that can be read is a
 * credential, so it is 401. `packet`: the bytes in which parsing failed.
 */
export function refuseUnreadable(packet: Buffer | undefined): string | null {
  const start = packet?.toString('latin1', 0, longestRequestLine) ?? '';
  const target = /^[!-~]+ ([^ \r\n]+)/.exec(start)?.[1];
  if (target === undefined || routeOf(target) === undefined) return null;
  const { headers, body } = refusalAnswer({ detail: 'Invalid token.', reason: null });
  const fields = [...headers, ['Connection', 'close']].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 401 Unauthorized\r\n${fields.join('')}\r\n${body}`;
}
