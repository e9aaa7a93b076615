import type { Context } from '../context.ts';

/** A session handed in for a script. It wins over a stored one and is never written anywhere. */
export function sessionFromEnvironment(ctx: Context): string | null {
  return ctx.env.TOKENS_SESSION?.trim() || null;
}
