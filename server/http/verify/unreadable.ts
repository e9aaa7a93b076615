import { denialResponse } from './denial.ts';
import { challengeChoiceOf, findVerifyRoute } from './proxies.ts';

const maxRequestLineBytes = 8192;

/**
 * Returns a complete 401 response, as text, to a message that the HTTP parser rejected. Returns null if its request
 * line does not name a verification route. It is not a 400, because proxies forward header fields that the parser
 * rejects and turn a 400 into a 500. `packet` holds the bytes in which parsing failed.
 */
export function denyUnreadable(packet: Buffer | undefined): string | null {
  const start = packet?.toString('latin1', 0, maxRequestLineBytes) ?? '';
  const target = /^[!-~]+ ([^ \r\n]+)/.exec(start)?.[1];
  const found = target === undefined ? undefined : findVerifyRoute(target);
  if (target === undefined || found === undefined) return null;
  const denial = { detail: 'Invalid token.', reason: null };
  const { headers, body } = denialResponse(denial, challengeChoiceOf(found.route, target));
  const fields = [...headers, ['Connection', 'close']].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 401 Unauthorized\r\n${fields.join('')}\r\n${body}`;
}
