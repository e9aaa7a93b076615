import type { AppContext } from '../context.ts';
import { invalidRequest, OAuthError } from './errors.ts';

/** The parameters of a request. One without a value counts as left out (RFC 6749 §3.1). */
export interface OAuthForm {
  get(name: string): string | undefined;
  /** @throws OAuthError `invalid_request` */
  require(name: string): string;
}

/** Reads a form body; parameters in the address never count. @throws OAuthError `invalid_request` */
export async function readForm(c: AppContext): Promise<OAuthForm> {
  return parseForm(c.req.header('content-type'), await c.req.text());
}

/** The same of a body that was read. @throws OAuthError `invalid_request` */
export function parseForm(contentType: string | null | undefined, body: string): OAuthForm {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') {
    throw invalidRequest('Send the parameters as application/x-www-form-urlencoded.');
  }
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (parameters.has(name)) throw invalidRequest('A parameter is there twice.');
    parameters.set(name, value);
  }
  const get = (name: string) => parameters.get(name) || undefined;
  return {
    get,
    require(name) {
      const value = get(name);
      if (value === undefined) throw invalidRequest(`The parameter ${name} is missing.`);
      return value;
    },
  };
}

/** The one public client: our own command line, which can keep no secret (RFC 6749 §2.1). */
export const publicClientId = 'tokens';

/** @throws OAuthError `invalid_client` unless the request is the public client's, without any secret */
export function requirePublicClient(c: AppContext, form: OAuthForm): void {
  const named = form.get('client_id') === publicClientId;
  if (named && form.get('client_secret') === undefined && c.req.header('authorization') === undefined) return;
  throw new OAuthError('invalid_client', `Send client_id=${publicClientId} and no secret.`, { status: 401 });
}
