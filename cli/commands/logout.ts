import type { Command } from 'commander';
import { unwrap } from '../api/unwrap.ts';
import { findEntry, openApi, openStore, resolveServer } from '../connect.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { sessionFromEnvironment } from '../credentials/env.ts';
import { isUsable } from '../credentials/keychain.ts';
import { sessionAccount } from '../credentials/store.ts';
import { hasCode, localError } from '../errors.ts';
import type { Server } from '../server-url.ts';
import { note } from '../ui/notes.ts';

export function registerLogout(program: Command, ctx: Context, run = runLogout): void {
  program
    .command('logout')
    .summary('Sign out')
    .description('End the session on the server and remove it from this machine. Tokens keep working.')
    .addHelpText('after', '\nExample:\n  $ tokens logout')
    .action((_options, command: Command) => run(ctx, command.optsWithGlobals()));
}

async function runLogout(ctx: Context, options: GlobalOptions): Promise<void> {
  const server = await resolveServer(ctx, options).catch((error: unknown) => {
    if (hasCode(error, 'usage') && options.server === undefined && !ctx.env.TOKENS_SERVER) return null;
    throw error;
  });
  const session = server && (sessionFromEnvironment(ctx) ?? (await takeStored(ctx, server)));
  if (!server || session === null) return note(ctx, options, 'Not signed in.');
  await end(ctx, options, server, session);
  await note(ctx, options, `Signed out of ${server.url}.`);
}

/** The stored session, which is stored no longer. */
async function takeStored(ctx: Context, server: Server): Promise<string | null> {
  const entry = await findEntry(ctx, server);
  if (!entry) return null;
  const store = await openStore(ctx, entry.credentialStore);
  const session = await store.get(sessionAccount(entry));
  if (session !== null) await store.delete(sessionAccount(entry));
  else if (entry.credentialStore === 'keychain' && !(await isUsable(store, ctx.uuid))) throw locked();
  return session;
}

/** A locked keychain answers as an empty one does; a session in it would live on. */
function locked() {
  return localError('no-keychain', 'The OS keychain is locked, and the session may be in it. Unlock it and try again.');
}

/** A session that has ended already is as good as ended now. */
async function end(ctx: Context, options: GlobalOptions, server: Server, session: string): Promise<void> {
  const api = await openApi(ctx, options, server, `Bearer ${session}`);
  await unwrap(api.sessions.current.$delete()).catch((error: unknown) => {
    if (!hasCode(error, 'not-authenticated')) throw error;
  });
}
