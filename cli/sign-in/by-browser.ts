import type { Context, GlobalOptions } from '../context.ts';
import { localError } from '../errors.ts';
import { toJson } from '../ui/json.ts';
import { writeStderr } from '../ui/notes.ts';
import { client, type SignInServer } from './discover.ts';
import { listenOnLoopback } from './loopback.ts';
import { toSignInError } from './oauth-errors.ts';
import { standardFetch } from './standard-fetch.ts';

const waitMs = 5 * 60 * 1000;

/**
 * Signs in through the browser on this machine, with an authorization code, PKCE and a loopback redirect (RFC 8252).
 * Returns the session, or null if no browser could be opened.
 * @throws CliError `login-denied`, or `login-expired` after five minutes.
 */
export async function signInByBrowser(
  ctx: Context,
  options: GlobalOptions & { sso?: boolean },
  as: SignInServer,
  send: typeof fetch,
): Promise<string | null> {
  const oauth = await import('oauth4webapi');
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const loopback = await listenOnLoopback(state, waitMs, ctx.signal);
  try {
    const challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const url = authorizationUrl(as, loopback.redirectUri, challenge, state, options.sso === true);
    if (!(await openAndPrint(ctx, options, url))) return null;
    const callback = await loopback.callback.catch(throwExpired);
    const parameters = oauth.validateAuthResponse(as, client, callback, state);
    const http = { [oauth.customFetch]: standardFetch(send), [oauth.allowInsecureRequests]: true };
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
    throw toSignInError(oauth, error);
  } finally {
    loopback.close();
  }
}

function authorizationUrl(
  as: SignInServer,
  redirectUri: string,
  challenge: string,
  state: string,
  sso: boolean,
): string {
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
  const ssoUrl = new URL(as.ssoLogin);
  ssoUrl.searchParams.set('next', url.pathname + url.search);
  return ssoUrl.href;
}

/** Opens `url` in the browser. Also prints it, so that it can be opened by hand. */
async function openAndPrint(ctx: Context, options: GlobalOptions, url: string): Promise<boolean> {
  const opened = await ctx.openBrowser?.(url).catch(() => false);
  if (!opened) return false;
  await writeStderr(
    ctx,
    options.json
      ? toJson({ authorization_uri: url })
      : `Continue in your browser. If it did not open, visit:\n  ${url}`,
  );
  return true;
}

function throwExpired(error: unknown): never {
  if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error;
  throw localError(
    'login-expired',
    'The sign-in was not completed in the browser within five minutes. Run `tokens login` again.',
    error,
  );
}
