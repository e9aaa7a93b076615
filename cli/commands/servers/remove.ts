import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { configDirectory, forgetServer, requireEntry } from '../../session/config-file.ts';
import { endStoredSession, removeCredentials } from '../../session/stored-session.ts';
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
  await removeCredentials(ctx, entry);
  await forgetServer(directory, entry);
  await note(ctx, options, `Forgot ${entry.url}.`);
  if (ended) return;
  throw localError(
    'unreachable',
    `The session on ${entry.url} could not be ended. It ends after a time without use, or when you end it on the Profile page of the console.`,
  );
}
