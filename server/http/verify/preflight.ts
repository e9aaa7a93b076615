import { fieldOf, onlyValue, type RawHeaders } from '../wire/raw-headers.ts';
import { contentOf, readApiKey, readAuthorization, valuesOf } from './credential-fields.ts';

/**
 * Reports whether a request is a CORS preflight without a token of ours. Browsers send a preflight without credentials, so an app can
 * ask for them to pass. `method` is that of the original request.
 */
export function isPreflight(method: string | null, rawHeaders: RawHeaders): boolean {
  return (
    method === 'OPTIONS' &&
    onlyValue(rawHeaders, 'origin') !== null &&
    onlyValue(rawHeaders, 'access-control-request-method') !== null &&
    fieldOf(rawHeaders, 'x-tokens-authorization') === undefined &&
    !holdsToken(contentOf(valuesOf(rawHeaders, 'authorization'), readAuthorization)) &&
    !holdsToken(contentOf(valuesOf(rawHeaders, 'x-api-key'), readApiKey))
  );
}

function holdsToken(content: ReturnType<typeof contentOf>): boolean {
  return content === 'ours' || content === 'mixed';
}
