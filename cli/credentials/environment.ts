import type { Context } from '../context.ts';
import { localError } from '../errors.ts';
import { hasKey } from './management-key.ts';

/**
 * Returns the session in `TOKENS_SESSION`, or null. It has precedence over a stored session and is never written to disk.
 * @throws CliError `usage` if it contains characters that no session has, or if a management key is set, too.
 */
export function sessionFromEnvironment(ctx: Context): string | null {
  const session = ctx.env.TOKENS_SESSION?.trim() || null;
  if (session !== null && hasKey(ctx)) throw bothSet(ctx);
  // Other characters are not valid in a header, and the HTTP library's error would repeat the secret.
  if (session === null || /^[\x21-\x7e]+$/.test(session)) return session;
  throw localError('usage', 'TOKENS_SESSION is not a session. Copy it again.');
}

function bothSet({ env }: Context) {
  const key = env.TOKENS_KEY ? 'TOKENS_KEY' : 'TOKENS_KEY_FILE';
  return localError('usage', `TOKENS_SESSION and ${key} are both set. Unset one of them.`);
}
