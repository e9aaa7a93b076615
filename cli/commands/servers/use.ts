import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { chooseServer, configDirectory } from '../../session/config-file.ts';
import { note } from '../../ui/notes.ts';

export function registerServersUse(servers: Command, ctx: Context, run = runServersUse): void {
  servers
    .command('use')
    .argument('<url>', 'Address or host of a server you signed in to')
    .summary('Use this server from now on')
    .description('Use a server you signed in to, unless --server or TOKENS_SERVER names another.')
    .addHelpText('after', '\nExample:\n  $ tokens servers use https://tokens.example.com')
    .action((url: string, _options, command: Command) => run(ctx, url, command.optsWithGlobals()));
}

async function runServersUse(ctx: Context, url: string, options: GlobalOptions): Promise<void> {
  const chosen = await chooseServer(configDirectory(ctx), url);
  await note(ctx, options, `Using ${chosen.url} as ${chosen.email}.`);
}
