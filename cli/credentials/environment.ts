import type { Context } from '../context.ts';
import { localError } from '../errors.ts';

/**
 * Returns the session in `TOKENS_SESSION`, or null. It has precedence over a stored session and is never written to disk.
 * @throws CliError `usage` if it contains characters that no session has.
 */
export function sessionFromEnvironment(ctx: Context): string | null {
  const session = ctx.env.TOKENS_SESSION?.trim() || null;
  // Other characters are not valid in a header, and the HTTP library's error would repeat the secret.
  if (session === null || /^[\x21-\x7e]+$/.test(session)) return session;
  throw localError('usage', 'TOKENS_SESSION is not a session. Copy it again.');
}
