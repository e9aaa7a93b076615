import { expectBody } from '../api/responses.ts';
import { userShape } from '../api/shapes.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { localError } from '../errors.ts';
import { openApi, openNetwork } from '../session/connect.ts';
import type { NewSession } from '../session/save-session.ts';
import type { Server } from '../session/server-url.ts';

/**
 * Signs in with the browser on this machine. With `--no-browser`, or if no browser opens, signs in with a code that can be
 * approved on any machine.
 * @throws CliError `usage` if `--sso` is given and the server has no single sign-on.
 */
export async function signInOnWeb(
  ctx: Context,
  options: GlobalOptions & { sso?: boolean; browser?: boolean },
  server: Server,
): Promise<NewSession> {
  const [{ discover }, send] = await Promise.all([import('./discover.ts'), openNetwork(ctx, options, server)]);
  const as = await discover(send, server);
  if (options.sso && as.ssoLogin === null) {
    throw localError('usage', 'This server has no single sign-on. Run `tokens login` without --sso.');
  }
  const byBrowser =
    options.browser === false ? null : await (await import('./by-browser.ts')).signInByBrowser(ctx, options, as, send);
  const secret = byBrowser ?? (await (await import('./by-device.ts')).signInByDevice(ctx, options, server, as, send));
  const api = await openApi(ctx, options, server, `Bearer ${secret}`);
  const { email } = await expectBody(api.me.$get(), userShape);
  return { secret, email };
}
