import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { sessionFromEnvironment } from '../../credentials/environment.ts';
import { hasCode } from '../../errors.ts';
import { findEntry, resolveServer } from '../../session/find-server.ts';
import type { Server } from '../../session/server-url.ts';
import { endSession, endStoredSession } from '../../session/stored-session.ts';
import { note } from '../../ui/notes.ts';

export function defineLogout(command: Command, ctx: Context): void {
  command
    .description('End the session on the server and remove it from this machine. Your tokens keep working.')
    .addHelpText('after', '\nExample:\n  $ tokens logout')
    .action((_options, command: Command) => runLogout(ctx, command.optsWithGlobals()));
}

async function runLogout(ctx: Context, options: GlobalOptions): Promise<void> {
  const server = await resolveServer(ctx, options).catch((error: unknown) => {
    if (hasCode(error, 'usage') && options.server === undefined && !ctx.env.TOKENS_SERVER) return null;
    throw error;
  });
  if (!server || !(await signOut(ctx, options, server))) return note(ctx, options, 'Not signed in.');
  await note(ctx, options, `Signed out of ${server.url}.`);
}

/** Returns false if there is no session. */
async function signOut(ctx: Context, options: GlobalOptions, server: Server): Promise<boolean> {
  const given = sessionFromEnvironment(ctx);
  if (given !== null) {
    await endSession(ctx, options, server, given);
    return true;
  }
  const entry = await findEntry(ctx, server);
  return entry !== null && endStoredSession(ctx, options, entry);
}
