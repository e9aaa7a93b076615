import { unwrap } from '../api/unwrap.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { isUsable } from '../credentials/keychain.ts';
import { sessionAccount } from '../credentials/store.ts';
import { CliError, hasCode, localError } from '../errors.ts';
import type { ServerEntry } from './config-file.ts';
import { openApi, openStore } from './connect.ts';
import type { Server } from './server-url.ts';

/** Ends the session that is stored for a server, here and there. False if there was none. Throws `no-keychain` if it is locked. */
export async function endStoredSession(ctx: Context, options: GlobalOptions, entry: ServerEntry): Promise<boolean> {
  const store = await openStore(ctx, entry.credentialStore);
  const session = await store.get(sessionAccount(entry));
  if (session === null) {
    if (entry.credentialStore === 'keychain' && !(await isUsable(store, ctx.uuid))) throw locked();
    return false;
  }
  await store.delete(sessionAccount(entry));
  await endSession(ctx, options, entry, session).catch((error: unknown) => {
    throw error instanceof CliError ? livesOn(error) : error;
  });
  return true;
}

/** A session that has ended already is as good as ended now. */
export async function endSession(ctx: Context, options: GlobalOptions, server: Server, session: string): Promise<void> {
  const api = await openApi(ctx, options, server, `Bearer ${session}`);
  await unwrap(api.sessions.current.$delete()).catch((error: unknown) => {
    if (!hasCode(error, 'not-authenticated')) throw error;
  });
}

/** Nothing here can end it any more: whoever wanted that has to know. */
function livesOn({ problem }: CliError) {
  const where = 'The session is gone from this machine, but lives on the server until it is not used for 12 hours.';
  return new CliError({ ...problem, detail: `${problem.detail} ${where}` });
}

/** A locked keychain answers as an empty one does; a session in it would live on. */
function locked() {
  return localError('no-keychain', 'The OS keychain is locked, and the session may be in it. Unlock it and try again.');
}
