import { isObject, notTokensd, type ReceivedResponse, readResponse, retryAfter } from '../../../api/responses.ts';
import { CliError, localError, localProblem } from '../../../errors.ts';
import type { Server } from '../../../session/server-url.ts';
import { sanitize } from '../../../ui/sanitize.ts';

/** A token that the server issued for an identity token. */
export interface IssuedToken {
  value: string;
  /** Seconds. */
  expiresIn: number;
}

/**
 * Exchanges an identity token at the server (RFC 8693 §2.1).
 * @throws CliError `exchange-refused`, `throttled`, or `unreachable` if the server cannot reach the issuer
 */
export async function requestToken(
  send: typeof fetch,
  server: Server,
  { trust, subjectToken }: { trust: string; subjectToken: string },
): Promise<IssuedToken> {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    trust,
  });
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' };
  const response = await readResponse(
    send(`${server.url}/oauth/token`, { method: 'POST', headers, body: form.toString() }),
  );
  const { status, body } = response;
  if (status !== 200) throw refusal(response);
  if (!isObject(body) || typeof body.access_token !== 'string' || typeof body.expires_in !== 'number') {
    throw notTokensd();
  }
  return { value: body.access_token, expiresIn: body.expires_in };
}

function refusal({ status, headers, body }: ReceivedResponse): CliError {
  if (!isObject(body) || typeof body.error !== 'string') return notTokensd();
  const why = typeof body.error_description === 'string' ? sanitize(body.error_description) : sanitize(body.error);
  const retryAfterSeconds = retryAfter(headers);
  if (status === 429) return new CliError(localProblem('throttled', why), { retryAfterSeconds });
  if (status >= 500) return new CliError(localProblem('unreachable', why), { retryAfterSeconds });
  return localError('exchange-refused', why);
}
