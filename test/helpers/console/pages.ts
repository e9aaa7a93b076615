import { expect } from 'vitest';
import { createOwnPath } from '../../../server/http/paths/base-path.ts';
import type { MessageCode } from '../../../server/web/shell/messages/texts.ts';
import type { Member, TestApp } from '../app/app.ts';

/** A response as the browser sees it. */
export interface Shown {
  status: number;
  headers: Headers;
  /** The `Location` header of a redirect. */
  location: string | null;
  html: string;
}

/** Form fields, or headers in addition to a browser's own. An empty header value removes the header. */
type Fields = Record<string, string>;

export interface Browser {
  cookies: Map<string, string>;
  get(path: string, headers?: Fields): Promise<Shown>;
  /** Posts exactly these fields. */
  post(path: string, fields?: Fields, headers?: Fields): Promise<Shown>;
  /** Submits the first form with this action on the latest page, including its hidden fields. */
  submit(action: string, fields?: Fields, headers?: Fields): Promise<Shown>;
}

/**
 * Returns a browser without script, signed in as `as` if given. If the public URL has a path, it is removed from the addresses
 * that the browser opens, as some proxies do.
 */
export function openConsole(app: TestApp, as?: Member): Browser {
  const cookies = new Map<string, string>();
  const ownPath = createOwnPath(app.config.publicUrl);
  if (as !== undefined) cookies.set(sessionCookieName(app), as.session);
  let last = '';

  async function send(path: string, method: 'GET' | 'POST', headers: Fields, body?: URLSearchParams): Promise<Shown> {
    const fields: Fields = {
      Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'Sec-Fetch-Site': 'same-origin',
      ...(body && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      ...headers,
    };
    const response = await app.ask(ownPath(path), {
      method,
      headers: Object.entries(fields).filter(([, value]) => value !== ''),
      ...(body && { body: body.toString() }),
    });
    keepCookies(cookies, response.headers.getSetCookie());
    last = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      location: response.headers.get('location'),
      html: last,
    };
  }

  return {
    cookies,
    get: (path, headers = {}) => send(path, 'GET', headers),
    post: (path, fields = {}, headers = {}) => send(path, 'POST', headers, new URLSearchParams(fields)),
    submit(action, fields = {}, headers = {}) {
      const form = formsOf(last).find((one) => ownPath(one.action) === ownPath(action));
      if (form === undefined) throw new Error(`The page has no form that posts to ${action}:\n${last}`);
      return send(action, 'POST', headers, new URLSearchParams({ ...form.hidden, ...fields }));
    },
  };
}

export function sessionCookieName(app: TestApp): string {
  return app.deps.sessionCookie.name;
}

/** Returns a matcher for the `Location` of a redirect to `path`, whose page then shows this message. */
export function messageAt(path: string, code: MessageCode): unknown {
  const escaped = path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return expect.stringMatching(new RegExp(`^${escaped}[?&]done=${code}\\.[\\w-]{11}$`));
}

/** Returns the visible text of a page, with white space collapsed. */
export function textOf(html: string): string {
  return unescaped(html.replace(/<head>.*<\/head>/s, '').replaceAll(/<[^>]*>/g, ' '))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Returns the action and hidden fields of each posting form on a page. */
export function formsOf(html: string): Array<{ action: string; hidden: Fields }> {
  return [...html.matchAll(/<form\b([^>]*method="post"[^>]*)>(.*?)<\/form>/gs)].map(([, tag = '', content = '']) => ({
    action: attribute(tag, 'action'),
    hidden: fieldsOf(content),
  }));
}

/** Returns the hidden fields of a form. A checked box of the same name replaces the value, as in a browser. */
function fieldsOf(content: string): Fields {
  const inputs = [...content.matchAll(/<input\b[^>]*>/g)].map(([input]) => input);
  const fields: Fields = {};
  for (const input of inputs) {
    const name = attribute(input, 'name');
    const isBox = /type="checkbox"/.test(input) && /\bchecked\b/.test(input) && name in fields;
    if (isBox || /type="hidden"/.test(input)) fields[name] = attribute(input, 'value');
  }
  return fields;
}

function attribute(tag: string, name: string): string {
  return unescaped(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

function unescaped(text: string): string {
  const characters: Fields = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return text.replaceAll(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => characters[name] ?? '');
}

function keepCookies(jar: Map<string, string>, set: readonly string[]): void {
  for (const cookie of set) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (/;\s*max-age=0\b/i.test(cookie)) jar.delete(name);
    else jar.set(name, value);
  }
}
