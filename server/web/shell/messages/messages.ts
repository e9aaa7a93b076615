import { randomBytes } from 'node:crypto';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { AppContext } from '../../../http/context.ts';
import { cookieScope } from '../../../http/cookie.ts';
import { isMessageCode, type MessageCode, type MessageNames, messageText, warnings } from './texts.ts';

/**
 * Messages after a change. The redirect carries the names of what changed in a cookie of its own, and its address the code of
 * the message with the ID of that cookie. So a crafted link shows nothing, a reload shows nothing again, and a tab never shows
 * the message of another one.
 */
export interface Messages {
  /** Redirects to `path`. The page there shows the message once. */
  redirect<Code extends MessageCode>(c: AppContext, path: string, code: Code, ...names: MessageNames<Code>): Response;
  /** Returns the message that belongs on the requested page, and removes it from the browser. */
  take(c: AppContext): ShownMessage | undefined;
}

export interface ShownMessage {
  text: string;
  /** Whether the member has to do something before the change has its effect. */
  isWarning: boolean;
}

/** The part of the dependencies with which a page's routes send messages. */
export interface MessageDeps {
  messages: Messages;
}

/** A browser follows a redirect at once. */
const maxAgeSeconds = 60;
/** Limits the cookies of redirects that a browser did not follow. They would otherwise make its next requests too large. */
const maxWaiting = 8;
const maxNameCharacters = 256;

export function createMessages(publicUrl: string): Messages {
  const { name: prefix, attributes } = cookieScope(publicUrl, 'message');
  const cookieName = (id: string) => `${prefix}.${id}`;

  return {
    redirect(c, path, code, ...names) {
      const waiting = Object.keys(getCookie(c)).filter((name) => name.startsWith(cookieName('')));
      for (const name of waiting.length < maxWaiting ? [] : waiting) deleteCookie(c, name, attributes);
      const id = randomBytes(8).toString('base64url');
      const kept = JSON.stringify(names.map(shortened));
      setCookie(c, cookieName(id), kept, { ...attributes, maxAge: maxAgeSeconds });
      return c.redirect(`${path}${path.includes('?') ? '&' : '?'}done=${code}.${id}`, 303);
    },

    take(c) {
      const [code = '', id = ''] = (c.req.query('done') ?? '').split('.');
      const cookie = isMessageCode(code) && /^[\w-]{11}$/.test(id) ? getCookie(c, cookieName(id)) : undefined;
      if (cookie === undefined || !isMessageCode(code)) return undefined;
      deleteCookie(c, cookieName(id), attributes);
      const text = messageText(code, parseNames(cookie));
      return text === undefined ? undefined : { text, isWarning: warnings.has(code) };
    },
  };
}

/** Shortens a long name, because browsers drop a cookie of more than 4,096 bytes. */
function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= maxNameCharacters ? name : `${characters.slice(0, maxNameCharacters).join('')}…`;
}

function parseNames(cookie: string): string[] {
  try {
    const names: unknown = JSON.parse(cookie);
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : [];
  } catch {
    return [];
  }
}
