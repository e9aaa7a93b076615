import type { Clients } from '../../domain/accounts/clients.ts';
import type { ClientRecord } from '../../store/records.ts';
import { decodeBase64 } from '../verify/base64.ts';
import { fieldOf, type RawHeaders } from '../wire/raw-headers.ts';
import { invalidRequest, OAuthError } from './errors.ts';
import type { OAuthForm } from './form.ts';

/**
 * Authenticates the OAuth client that sent the request, by either `client_secret_basic` or `client_secret_post`
 * (RFC 6749 §2.3.1). The client must not use both.
 * @throws OAuthError `invalid_client`, `invalid_request`
 */
export async function authenticateClient(
  clients: Pick<Clients, 'authenticate'>,
  rawHeaders: RawHeaders,
  form: OAuthForm,
): Promise<ClientRecord> {
  const authorization = fieldOf(rawHeaders, 'authorization');
  const posted = { id: form.get('client_id'), secret: form.get('client_secret') };
  if (authorization === undefined) return authenticate(clients, posted);
  if (authorization === null || posted.secret !== undefined) {
    throw invalidRequest('Send the client credentials in only one way: in Authorization or in the body.');
  }
  const basic = readBasic(authorization);
  if (posted.id !== undefined && posted.id !== basic.id) throw invalidClient();
  return authenticate(clients, basic);
}

async function authenticate(
  clients: Pick<Clients, 'authenticate'>,
  { id, secret }: { id: string | undefined; secret: string | undefined },
): Promise<ClientRecord> {
  const client = id === undefined || secret === undefined ? null : await clients.authenticate(id, secret);
  if (client === null) throw invalidClient();
  return client;
}

/** Reads `client_secret_basic`, in which ID and secret are form-encoded before they are joined (RFC 6749 §2.3.1). */
function readBasic(authorization: string): { id: string; secret: string } {
  const pair = decodeBase64(/^basic +([^ ]+) *$/i.exec(authorization)?.[1] ?? '')?.toString('utf8');
  if (pair === undefined) throw invalidClient();
  const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(pair) ?? [];
  return { id: formDecode(id), secret: formDecode(secret) };
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidClient();
  }
}

function invalidClient(): OAuthError {
  const headers = { 'WWW-Authenticate': 'Basic realm="tokensd"' };
  return new OAuthError('invalid_client', '', { status: 401, headers });
}
