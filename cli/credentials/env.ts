import type { Context } from '../context.ts';
import { localError } from '../errors.ts';

/** A session handed in for a script. It wins over a stored one and is never written anywhere. Throws `usage`. */
export function sessionFromEnvironment(ctx: Context): string | null {
  const session = ctx.env.TOKENS_SESSION?.trim() || null;
  // Anything else cannot stand in a header, and the error about it would repeat it.
  if (session === null || /^[\x21-\x7e]+$/.test(session)) return session;
  throw localError('usage', 'TOKENS_SESSION does not hold a session. Copy it again.');
}
