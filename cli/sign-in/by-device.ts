import { LostResponse } from '../api/transport/network-errors.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { toJson } from '../ui/json.ts';
import { writeStderr } from '../ui/notes.ts';
import { sanitize } from '../ui/sanitize.ts';
import { client, requireBrowsable, type SignInServer } from './discover.ts';
import { codeExpired, toSignInError } from './oauth-errors.ts';
import { standardFetch } from './standard-fetch.ts';

type OAuth = typeof import('oauth4webapi');

const defaultIntervalSeconds = 5;
/** RFC 8628 §3.5. */
const slowDownSeconds = 5;
const maxWaitSeconds = 60;

/**
 * Signs in with a code that is approved in a browser on any machine (RFC 8628). Prints the address and the code, then polls
 * until the code is approved. Returns the session.
 * @throws CliError `login-denied` or `login-expired`.
 */
export async function signInByDevice(
  ctx: Context,
  options: GlobalOptions,
  server: Parameters<typeof requireBrowsable>[1],
  as: SignInServer,
  send: typeof fetch,
): Promise<string> {
  const oauth = await import('oauth4webapi');
  const http = { [oauth.customFetch]: standardFetch(send), [oauth.allowInsecureRequests]: true };
  const device = await requestCode(oauth, as, http);
  const url = requireBrowsable(device.verification_uri, server);
  await printCode(ctx, options, { url, code: device.user_code, seconds: device.expires_in });

  let interval = device.interval ?? defaultIntervalSeconds;
  let failures = 0;
  for (let waited = 0; waited < device.expires_in; ) {
    const wait = Math.min(interval * 2 ** failures, Math.max(interval, maxWaitSeconds));
    await ctx.sleep(wait * 1000);
    waited += wait;
    const outcome = await poll(oauth, as, device.device_code, http);
    if (typeof outcome === 'object') return outcome.session;
    if (outcome === 'slow_down') interval += slowDownSeconds;
    failures = outcome === 'lost' ? failures + 1 : 0;
  }
  throw codeExpired();
}

async function requestCode(oauth: OAuth, as: SignInServer, http: object) {
  try {
    const response = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), {}, http);
    return await oauth.processDeviceAuthorizationResponse(as, client, response);
  } catch (error) {
    throw toSignInError(oauth, error);
  }
}

type Outcome = { session: string } | 'authorization_pending' | 'slow_down' | 'lost';

async function poll(oauth: OAuth, as: SignInServer, code: string, http: object): Promise<Outcome> {
  try {
    const response = await oauth.deviceCodeGrantRequest(as, client, oauth.None(), code, http);
    // The daemon may be restarting. The code stays valid.
    if (response.status >= 500) return 'lost';
    return { session: (await oauth.processDeviceCodeResponse(as, client, response)).access_token };
  } catch (error) {
    if (error instanceof LostResponse) return 'lost';
    const code = error instanceof oauth.ResponseBodyError ? error.error : null;
    if (code === 'authorization_pending' || code === 'slow_down') return code;
    throw toSignInError(oauth, error);
  }
}

async function printCode(
  ctx: Context,
  options: GlobalOptions,
  { url, code, seconds }: { url: string; code: string; seconds: number },
): Promise<void> {
  if (options.json) {
    return writeStderr(ctx, toJson({ verification_uri: url, user_code: code, expires_in: seconds }));
  }
  await writeStderr(
    ctx,
    `Open ${sanitize(url)} in a browser and enter this code:\n\n  ${sanitize(code)}\n\n` +
      'Approve it only if the page shows the same code and the address of this machine. Waiting …',
  );
}
