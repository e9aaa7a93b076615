import * as client from 'openid-client';
import type { OidcConfig } from '../config/config.ts';
import { createClientAuthentication, methodNames, rejectsClient } from './client-auth.ts';
import type { Discovered } from './discovery.ts';
import { explainSignIn } from './failures/sign-in.ts';
import { failedCheck, type ProviderCheck } from './provider-check.ts';

const name = 'sso client';

/**
 * Asks the token endpoint whether it accepts this client, with an authorization code that does not exist. A provider
 * checks the client first, so it rejects either the client or the code (RFC 6749 §5.2).
 */
export async function checkClient(
  { metadata, configure }: Discovered,
  settings: OidcConfig & { redirectUri: string },
): Promise<ProviderCheck> {
  const { clientId, clientSecret, redirectUri } = settings;
  const authentication = createClientAuthentication(settings);
  const parameters = { code: 'check', redirect_uri: redirectUri, code_verifier: client.randomPKCECodeVerifier() };
  const failure: unknown = await authentication
    .attempt(metadata, async (auth) =>
      client.genericGrantRequest(await configure(auth), 'authorization_code', parameters),
    )
    .then(
      () => null,
      (error: unknown) => error,
    );
  if (failure === null || (failure instanceof client.ResponseBodyError && failure.error === 'invalid_grant')) {
    const method = methodNames[authentication.accepted() ?? 'none'];
    return { name, state: 'ok', detail: `The provider accepts client ${clientId} (${method}).` };
  }
  const problem = explainSignIn(failure, { ...settings, secrets: clientSecret ? [clientSecret] : [] });
  if (problem.code === 'sso-unavailable' || isCertain(failure)) return failedCheck(name, problem);
  const detail = `It is not certain that the provider accepts client ${clientId}. ${problem.diagnosis.message}`;
  return { name, state: 'warning', detail };
}

/** Reports whether the client was rejected. `invalid_request` can be about the code, which does not exist. */
function isCertain(error: unknown): boolean {
  return rejectsClient(error) && !(error instanceof client.ResponseBodyError && error.error === 'invalid_request');
}
