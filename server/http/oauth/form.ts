import type { AppContext } from '../context.ts';
import { invalidRequest, OAuthError } from './errors.ts';

/** The parameters of a form body. A parameter with an empty value counts as absent (RFC 6749 §3.1). */
export interface OAuthForm {
  get(name: string): string | undefined;
  /** Returns the values of a parameter that may appear several times. */
  all(name: string): string[];
  /** @throws OAuthError `invalid_request` */
  require(name: string): string;
}

/** Reads a form body. Parameters in the URL are ignored. @throws OAuthError `invalid_request` */
export async function readForm(c: AppContext): Promise<OAuthForm> {
  return parseForm(c.req.header('content-type'), await c.req.text());
}

/** Parameters that a client may repeat (RFC 8693 §2.1, RFC 8707 §2). Nothing else may appear twice (RFC 6749 §3.2). */
const repeatable = ['audience', 'resource'];

/** Parses the text of a form body. @throws OAuthError `invalid_request` */
export function parseForm(contentType: string | null | undefined, body: string): OAuthForm {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/x-www-form-urlencoded') {
    throw invalidRequest('Send the parameters as application/x-www-form-urlencoded.');
  }
  const parameters = new URLSearchParams(body);
  const names = [...parameters.keys()].filter((name) => !repeatable.includes(name));
  if (new Set(names).size < names.length) throw invalidRequest('A parameter appears twice.');
  const get = (name: string) => parameters.get(name) || undefined;
  return {
    get,
    all: (name) => parameters.getAll(name).filter((value) => value !== ''),
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
