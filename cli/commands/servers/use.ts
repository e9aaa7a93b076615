import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { chooseServer, configDirectory } from '../../session/config-file.ts';
import { note } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';

export function registerServersUse(servers: Command, ctx: Context): void {
  servers
    .command('use')
    .argument('<url>', 'Address or host of a server you signed in to')
    .summary('Switch to another server')
    .description('Switch to a server you signed in to. --server and TOKENS_SERVER override this choice.')
    .addHelpText('after', '\nExample:\n  $ tokens servers use https://tokens.example.com')
    .action((url: string, _options, command: Command) => runServersUse(ctx, url, command.optsWithGlobals()));
}

async function runServersUse(ctx: Context, url: string, options: GlobalOptions): Promise<void> {
  const chosen = await chooseServer(configDirectory(ctx), url);
  await note(ctx, options, `Using ${sanitize(chosen.url)} as ${sanitize(chosen.email)}.`);
}
