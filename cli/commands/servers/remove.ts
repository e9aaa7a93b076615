import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { headersAccount } from '../../credentials/store.ts';
import { localError } from '../../errors.ts';
import { configDirectory, forgetServer, requireEntry, type ServerEntry } from '../../session/config-file.ts';
import { openStore } from '../../session/connect.ts';
import { endStoredSession } from '../../session/stored-session.ts';
import { note } from '../../ui/notes.ts';

export function registerServersRemove(servers: Command, ctx: Context): void {
  servers
    .command('remove')
    .alias('rm')
    .argument('<url>', 'Address or host of a server you signed in to')
    .summary('Sign out of a server and forget it')
    .description('End the session on a server, if it can be reached, and forget the server.')
    .addHelpText('after', '\nExample:\n  $ tokens servers remove https://tokens.example.com')
    .action((url: string, _options, command: Command) => runServersRemove(ctx, url, command.optsWithGlobals()));
}

async function runServersRemove(ctx: Context, url: string, options: GlobalOptions): Promise<void> {
  const directory = configDirectory(ctx);
  const entry = await requireEntry(directory, url);
  const ended = await endStoredSession(ctx, options, entry).then(
    () => true,
    () => false,
  );
  if (entry.headers) await removeHeaders(ctx, entry);
  await forgetServer(directory, entry);
  await note(ctx, options, `Forgot ${entry.url}.`);
  if (ended) return;
  throw localError(
    'unreachable',
    `The session on ${entry.url} could not be ended. It stays valid until it is unused for 12 hours.`,
  );
}

async function removeHeaders(ctx: Context, entry: ServerEntry): Promise<void> {
  const store = await openStore(ctx, entry.credentialStore).catch(() => null);
  await store?.delete(headersAccount(entry)).catch(() => undefined);
}
