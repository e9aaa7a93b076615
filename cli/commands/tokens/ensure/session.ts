import type { Context, GlobalOptions } from '../../../context.ts';
import { type CliError, hasCode } from '../../../errors.ts';
import { type Connection, connect } from '../../../session/connect.ts';

/** The user's session, or the error that explains why the user is not signed in. */
export type Session = { readonly connection: Connection } | { readonly missing: CliError };

export async function findSession(ctx: Context, options: GlobalOptions): Promise<Session> {
  try {
    return { connection: await connect(ctx, options) };
  } catch (error) {
    // Without a desktop session, as in cron, the keychain does not work.
    if (hasCode(error, 'not-signed-in') || hasCode(error, 'no-keychain')) return { missing: error };
    throw error;
  }
}
