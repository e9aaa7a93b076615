import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { configDirectory, readConfig } from '../../session/config-file.ts';

export function registerServersList(servers: Command, ctx: Context): void {
  servers
    .command('list')
    .alias('ls')
    .summary('List the servers you signed in to')
    .description('List the servers you signed in to from this machine, and show which one is in use.')
    .addHelpText('after', '\nExample:\n  $ tokens servers list')
    .action((_options, command: Command) => runServersList(ctx, command.optsWithGlobals()));
}

async function runServersList(ctx: Context, options: GlobalOptions): Promise<void> {
  const { current, servers } = await readConfig(configDirectory(ctx));
  const rows = servers.map(({ url, email, credentialStore }) => ({
    url,
    email,
    credential_store: credentialStore,
    current: url === current,
  }));
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, rows);
  }
  const { printTable } = await import('../../ui/table.ts');
  await printTable(
    ctx,
    options,
    [
      { head: 'SERVER', text: ({ url }) => url },
      { head: 'EMAIL', text: ({ email }) => email, whenNarrow: [{ order: 2, width: 0 }] },
      { head: 'SESSION IN', text: ({ credential_store }) => credential_store, whenNarrow: [{ order: 1, width: 0 }] },
      { head: 'IN USE', text: ({ current }) => (current ? 'yes' : 'no') },
    ],
    [rows],
  );
}
