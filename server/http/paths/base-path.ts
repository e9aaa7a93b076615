import type { MiddlewareHandler } from 'hono';
import { basePathOf } from '../../config/base-path.ts';
import type { AppEnv } from '../context.ts';

// The public URL may have a path, such as /tokens. All code uses paths below it, such as /profile. The path is removed from
// each request and added to each response here, so that no page or route can forget it.

const metadataPath = '/.well-known/oauth-authorization-server';

/**
 * Returns a function that removes the path of the public URL from the path and query of a request. Leaves others unchanged,
 * because some proxies remove it themselves. Also maps the address at which clients look for the metadata of an issuer
 * with a path (RFC 8414 §3.1).
 */
export function createOwnPath(publicUrl: string): (url: string) => string {
  const basePath = basePathOf(publicUrl);
  if (basePath === '') return (url) => url;
  return (url) => {
    if (isBelow(url, metadataPath + basePath)) return metadataPath + url.slice(metadataPath.length + basePath.length);
    if (!isBelow(url, basePath)) return url;
    const rest = url.slice(basePath.length);
    return rest.startsWith('/') ? rest : `/${rest}`;
  };
}

/** Reports whether a path, with or without a query, is `basePath` or below it. */
function isBelow(url: string, basePath: string): boolean {
  return url.startsWith(basePath) && /^(?:[/?]|$)/.test(url.slice(basePath.length, basePath.length + 1));
}

/** Returns middleware that adds the path of the public URL to a `Location` on this server. */
export function addBasePathToLocation({ publicUrl }: { publicUrl: string }): MiddlewareHandler<AppEnv> {
  const basePath = basePathOf(publicUrl);
  return async (c, next) => {
    await next();
    const location = c.res.headers.get('Location');
    if (basePath !== '' && location !== null && /^\/(?!\/)/.test(location)) c.header('Location', basePath + location);
  };
}

/**
 * Returns a function that adds the path of the public URL to every address on this server in a page. An address is the value
 * of an attribute that starts with a slash. Text cannot be mistaken for an attribute, because quotation marks in text are
 * escaped.
 */
export function createAddBasePath(publicUrl: string): (html: string) => string {
  const basePath = basePathOf(publicUrl);
  if (basePath === '') return (html) => html;
  return (html) =>
    html
      .replaceAll(/ (href|src|action|formaction|data-close|data-options)="\/(?!\/)/g, ` $1="${basePath}/`)
      .replaceAll(/ content="0;url=\/(?!\/)/g, ` content="0;url=${basePath}/`);
}
