import { expectSuccess } from '../api/responses.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { isUsable } from '../credentials/keychain.ts';
import { headersAccount, sessionAccount } from '../credentials/store.ts';
import { CliError, hasCode, localError } from '../errors.ts';
import type { ServerEntry } from './config-file.ts';
import { openApi, openStore } from './connect.ts';
import { forgetNames } from './known-names.ts';
import type { Server } from './server-url.ts';

/**
 * Removes the stored session of a server and ends it on the server. Returns false if there was none.
 * @throws CliError `no-keychain` if the keychain is locked.
 */
export async function endStoredSession(ctx: Context, options: GlobalOptions, entry: ServerEntry): Promise<boolean> {
  const store = await openStore(ctx, entry.credentialStore);
  const session = await store.get(sessionAccount(entry));
  if (session === null) {
    if (entry.credentialStore === 'keychain' && !(await isUsable(store, ctx.uuid))) throw keychainLocked();
    return false;
  }
  await store.delete(sessionAccount(entry));
  await forgetNames(ctx);
  await endSession(ctx, options, entry, session).catch((error: unknown) => {
    throw error instanceof CliError ? withLiveSession(error) : error;
  });
  return true;
}

/** Ends a session on the server. A session that has already ended is no error. */
export async function endSession(ctx: Context, options: GlobalOptions, server: Server, session: string): Promise<void> {
  const api = await openApi(ctx, options, server, `Bearer ${session}`);
  await expectSuccess(api.sessions.current.$delete()).catch((error: unknown) => {
    if (!hasCode(error, 'not-authenticated')) throw error;
  });
}

/** Removes the session, the header fields and the names of a server from this machine. Ignores a credential store that does not work. */
export async function removeCredentials(ctx: Context, entry: ServerEntry): Promise<void> {
  await forgetNames(ctx);
  const store = await openStore(ctx, entry.credentialStore).catch(() => null);
  for (const account of [sessionAccount(entry), headersAccount(entry)]) {
    await store?.delete(account).catch(() => undefined);
  }
}

/** Adds that the session is still active. This machine no longer has it, so another sign-out could not end it. */
function withLiveSession({ problem, retryAfterSeconds }: CliError) {
  const state =
    'The session was removed from this machine. On the server it ends after a time without use, or when you end it on the Profile page of the console.';
  return new CliError({ ...problem, detail: `${problem.detail} ${state}` }, { retryAfterSeconds });
}

/** A locked keychain reads as if it were empty, so the session may still be in it. */
function keychainLocked() {
  return localError('no-keychain', 'The OS keychain is locked, and the session may be in it. Unlock it and try again.');
}
