import { ExchangeError } from '../../domain/machines/exchange/exchange-error.ts';
import type { AppContext, AppDeps } from '../context.ts';
import { invalidRequest, OAuthError } from './errors.ts';
import type { OAuthForm } from './form.ts';

export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';

const tokenType = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;
const subjectTokenTypes = [tokenType('jwt'), tokenType('id_token')];

export type ExchangeDeps = Pick<AppDeps, 'tokenExchange' | 'clock' | 'log'>;

/**
 * Exchanges an identity token of another system for a token of a service account (RFC 8693 §2). The subject token is the only credential:
 * the client does not authenticate.
 */
export async function exchangeToken(deps: ExchangeDeps, c: AppContext, form: OAuthForm): Promise<Response> {
  const request = readRequest(form);
  const { token, secret } = await deps.tokenExchange.exchange(request, c.get('clientInfo')).catch((error: unknown) => {
    throw toOAuthError(deps, c, error);
  });
  const response = {
    access_token: secret.reveal(),
    issued_token_type: tokenType('access_token'),
    token_type: 'Bearer',
    expires_in: Math.max(0, Math.floor(((token.expiresAt ?? 0) - deps.clock.now()) / 1000)),
  };
  return c.json(response, 200, { 'Cache-Control': 'no-store' });
}

/** Reads the parameters (§2.1). @throws OAuthError `invalid_request` */
function readRequest(form: OAuthForm) {
  const type = form.require('subject_token_type');
  if (!subjectTokenTypes.includes(type)) {
    throw invalidRequest(`subject_token_type must be ${subjectTokenTypes.join(' or ')}.`);
  }
  const requested = form.get('requested_token_type');
  if (requested !== undefined && requested !== tokenType('access_token')) {
    throw invalidRequest(`requested_token_type must be ${tokenType('access_token')}.`);
  }
  if (form.get('actor_token') !== undefined || form.get('actor_token_type') !== undefined) {
    throw invalidRequest('Delegation is not supported: send no actor_token.');
  }
  return {
    subjectToken: form.require('subject_token'),
    trust: form.get('trust'),
    audiences: form.all('audience'),
    resources: form.all('resource'),
  };
}

/** Returns the response to an exchange that failed (§2.2.2). */
function toOAuthError({ log }: Pick<ExchangeDeps, 'log'>, c: AppContext, error: unknown): unknown {
  if (!(error instanceof ExchangeError)) return error;
  const { retryAfter, throttled, reason } = error.details;
  if (reason !== undefined) {
    log.warn({ reason, request_id: c.get('requestId') }, 'the issuer of a trust cannot be used');
  }
  if (error.isRefusal) return new OAuthError(error.code, error.message);
  const headers = { 'Retry-After': String(retryAfter ?? 1) };
  return new OAuthError(error.code, error.message, { status: throttled ? 429 : 503, headers });
}
