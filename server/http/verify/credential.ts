import { fieldOf, type RawHeaders } from '../wire/raw-headers.ts';
import {
  contentOf,
  type FieldContent,
  type FieldCredential,
  readApiKey,
  readAuthorization,
  readTokensAuthorization,
  valuesOf,
} from './credential-fields.ts';

/** The fields that can carry a token. */
export type CredentialField = 'authorization' | 'x-api-key' | 'x-tokens-authorization';

/**
 * The credential of a request. `value`: one credential, not validated yet, and the field that carries it. `ambiguous`: several
 * credentials, none of which takes precedence.
 */
export type Credential =
  | Exclude<FieldCredential, { kind: 'value' }>
  | { kind: 'ambiguous' }
  | { kind: 'value'; value: string; field: CredentialField };

type Decision = 'authorization' | 'x-api-key' | 'ambiguous';

/**
 * The field that decides if `X-Tokens-Authorization` is absent. The row is the content of `Authorization`, and the column is that
 * of `X-API-Key`. An app behind the proxy may have a credential of its own in either field. That credential never decides if
 * the other field holds a token.
 */
const decisions: Record<FieldContent, Record<FieldContent, Decision>> = {
  // An empty X-API-Key is a malformed one, as an empty value after a scheme is.
  none: { none: 'x-api-key', foreign: 'x-api-key', ours: 'x-api-key', mixed: 'x-api-key' },
  foreign: { none: 'authorization', foreign: 'authorization', ours: 'x-api-key', mixed: 'ambiguous' },
  ours: { none: 'authorization', foreign: 'authorization', ours: 'ambiguous', mixed: 'ambiguous' },
  mixed: { none: 'authorization', foreign: 'ambiguous', ours: 'ambiguous', mixed: 'ambiguous' },
};

/**
 * Reads the credential of a request. `X-Tokens-Authorization` decides alone if it is present. Otherwise, the table above
 * decides between `Authorization` and `X-API-Key`.
 */
export function readCredential(rawHeaders: RawHeaders): Credential {
  const own = fieldOf(rawHeaders, 'x-tokens-authorization');
  if (own !== undefined) return read('x-tokens-authorization', own);
  const authorization = fieldOf(rawHeaders, 'authorization');
  const apiKey = fieldOf(rawHeaders, 'x-api-key');
  if (apiKey === undefined)
    return authorization === undefined ? { kind: 'none' } : read('authorization', authorization);
  if (authorization === undefined) return read('x-api-key', apiKey);
  const row = decisions[contentOf(valuesOf(rawHeaders, 'authorization'), readAuthorization)];
  switch (row[contentOf(valuesOf(rawHeaders, 'x-api-key'), readApiKey)]) {
    case 'authorization':
      return read('authorization', authorization);
    case 'x-api-key':
      return read('x-api-key', apiKey);
    case 'ambiguous':
      return { kind: 'ambiguous' };
  }
}

const readers = {
  authorization: readAuthorization,
  'x-api-key': readApiKey,
  'x-tokens-authorization': readTokensAuthorization,
};

/** Reads the field that decides. `sent` is null if the request has it more than once. */
function read(field: CredentialField, sent: string | null): Credential {
  if (sent === null) return { kind: 'ambiguous' };
  const credential = readers[field](sent);
  return credential.kind === 'value' ? { kind: 'value', value: credential.value, field } : credential;
}
