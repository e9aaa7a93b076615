import type { AppContext } from '../context.ts';
import { invalidRequest, OAuthError } from './errors.ts';

/** The parameters of a form body. A parameter with an empty value counts as absent (RFC 6749 §3.1). */
export interface OAuthForm {
  get(name: string): string | undefined;
  /** @throws OAuthError `invalid_request` */
  require(name: string): string;
}

/** Reads a form body. Parameters in the URL are ignored. @throws OAuthError `invalid_request` */
export async function readForm(c: AppContext): Promise<OAuthForm> {
  return parseForm(c.req.header('content-type'), await c.req.text());
}

/** Parses the text of a form body. @throws OAuthError `invalid_request` */
export function parseForm(contentType: string | null | undefined, body: string): OAuthForm {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') {
    throw invalidRequest('Send the parameters as application/x-www-form-urlencoded.');
  }
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (parameters.has(name)) throw invalidRequest('A parameter appears twice.');
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

/** The ID of the only public client, the CLI `tokens`, which cannot keep a secret (RFC 6749 §2.1). */
export const publicClientId = 'tokens';

/** Requires that the request names the public client and sends no secret. @throws OAuthError `invalid_client` */
export function requirePublicClient(c: AppContext, form: OAuthForm): void {
  const isNamed = form.get('client_id') === publicClientId;
  if (isNamed && form.get('client_secret') === undefined && c.req.header('authorization') === undefined) return;
  throw new OAuthError('invalid_client', `Send client_id=${publicClientId} without a secret.`, { status: 401 });
}
