import { LostAnswer } from '../api/exchange.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { localError } from '../errors.ts';
import { toJson } from '../ui/json.ts';
import { tell } from '../ui/notes.ts';
import { plain } from '../ui/plain.ts';
import { client, requireBrowsable, type SignInServer } from './discover.ts';
import { withResponses } from './responses.ts';

type OAuth = typeof import('oauth4webapi');

const usualInterval = 5;
/** RFC 8628 §3.5. */
const slowDownSeconds = 5;
const longestWait = 60;

/**
 * A session approved in a browser on any machine (RFC 8628): shows where to go and the code, and asks until it is decided.
 * Throws `login-denied`, `login-expired`.
 */
export async function signInByDevice(
  ctx: Context,
  options: GlobalOptions,
  server: Parameters<typeof requireBrowsable>[1],
  as: SignInServer,
  send: typeof fetch,
): Promise<string> {
  const oauth = await import('oauth4webapi');
  const http = { [oauth.customFetch]: withResponses(send), [oauth.allowInsecureRequests]: true };
  const asked = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), {}, http);
  const device = await oauth.processDeviceAuthorizationResponse(as, client, asked);
  const where = requireBrowsable(device.verification_uri, server);
  await show(ctx, options, { where, code: device.user_code, seconds: device.expires_in });

  let interval = device.interval ?? usualInterval;
  let failures = 0;
  for (let waited = 0; waited < device.expires_in; ) {
    const wait = Math.min(interval * 2 ** failures, Math.max(interval, longestWait));
    await ctx.sleep(wait * 1000);
    waited += wait;
    const outcome = await poll(oauth, as, device.device_code, http);
    if (typeof outcome === 'object') return outcome.session;
    if (outcome === 'slow_down') interval += slowDownSeconds;
    failures = outcome === 'lost' ? failures + 1 : 0;
  }
  throw expired();
}

type Outcome = { session: string } | 'authorization_pending' | 'slow_down' | 'lost';

async function poll(oauth: OAuth, as: SignInServer, code: string, http: object): Promise<Outcome> {
  try {
    const response = await oauth.deviceCodeGrantRequest(as, client, oauth.None(), code, http);
    // The daemon may be restarting: what it said before still holds after.
    if (response.status >= 500) return 'lost';
    return { session: (await oauth.processDeviceCodeResponse(as, client, response)).access_token };
  } catch (error) {
    if (error instanceof LostAnswer) return 'lost';
    if (!(error instanceof oauth.ResponseBodyError)) throw error;
    if (error.error === 'authorization_pending' || error.error === 'slow_down') return error.error;
    if (error.error === 'access_denied')
      throw localError('login-denied', 'The sign-in was denied in the browser.', error);
    if (error.error === 'expired_token') throw expired();
    throw error;
  }
}

async function show(
  ctx: Context,
  options: GlobalOptions,
  { where, code, seconds }: { where: string; code: string; seconds: number },
): Promise<void> {
  if (options.json) {
    return tell(ctx, toJson({ verification_uri: where, user_code: code, expires_in: seconds }));
  }
  await tell(
    ctx,
    `Open ${plain(where)} in a browser and type this code:\n\n  ${plain(code)}\n\n` +
      'Approve only if the page shows the same code and the address of this machine. Waiting …',
  );
}

function expired() {
  return localError('login-expired', 'The code was not approved in time. Run `tokens login` again.');
}
