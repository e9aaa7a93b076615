import type { Context, GlobalOptions } from '../context.ts';
import { localError } from '../errors.ts';
import { toJson } from '../ui/json.ts';
import { tell } from '../ui/notes.ts';
import { client, type SignInServer } from './discover.ts';
import { listenOnLoopback } from './loopback.ts';
import { withResponses } from './responses.ts';

const patienceMs = 5 * 60 * 1000;

/**
 * A session by way of the browser on this machine: authorization code with PKCE on a loopback redirect (RFC 8252). Null if
 * no browser could be opened. Throws `login-denied`, `login-expired`.
 */
export async function signInByBrowser(
  ctx: Context,
  options: GlobalOptions & { sso?: boolean },
  as: SignInServer,
  send: typeof fetch,
): Promise<string | null> {
  const oauth = await import('oauth4webapi');
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const loopback = await listenOnLoopback(state, patienceMs, ctx.signal);
  try {
    const challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const url = addressFor(as, loopback.redirectUri, challenge, state, options.sso === true);
    if (!(await opens(ctx, options, url))) return null;
    const back = await loopback.answer.catch(tooLate);
    const parameters = oauth.validateAuthResponse(as, client, back, state);
    const http = { [oauth.customFetch]: withResponses(send), [oauth.allowInsecureRequests]: true };
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      parameters,
      loopback.redirectUri,
      verifier,
      http,
    );
    return (await oauth.processAuthorizationCodeResponse(as, client, response)).access_token;
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError && error.error === 'access_denied') {
      throw localError('login-denied', 'The sign-in was denied in the browser.', error);
    }
    throw error;
  } finally {
    loopback.close();
  }
}

function addressFor(as: SignInServer, redirectUri: string, challenge: string, state: string, sso: boolean): string {
  const url = new URL(as.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state,
  }).toString();
  if (!sso || as.ssoLogin === null) return url.href;
  const first = new URL(as.ssoLogin);
  first.searchParams.set('next', url.pathname + url.search);
  return first.href;
}

/** The address is told as well, for who wants to open it by hand. */
async function opens(ctx: Context, options: GlobalOptions, url: string): Promise<boolean> {
  const opened = await ctx.openBrowser?.(url).catch(() => false);
  if (!opened) return false;
  await tell(
    ctx,
    options.json ? toJson({ authorization_uri: url }) : `Go on in your browser. If none opened:\n  ${url}`,
  );
  return true;
}

function tooLate(error: unknown): never {
  if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error;
  throw localError(
    'login-expired',
    'Nobody came back from the browser in five minutes. Run `tokens login` again.',
    error,
  );
}
