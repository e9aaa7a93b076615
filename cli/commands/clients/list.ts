import type { Command } from 'commander';
import { listClients } from '../../api/find/find-client.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerClientsList(clients: Command, ctx: Context): void {
  clients
    .command('list')
    .alias('ls')
    .summary('List OAuth clients')
    .description('List the OAuth clients that can verify tokens.')
    .addHelpText('after', '\nExample:\n  $ tokens clients list --json')
    .action((_options, command: Command) => runClientsList(ctx, command.optsWithGlobals()));
}

async function runClientsList(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const clients = await listClients(api);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, clients);
  }
  const { printClients } = await import('../../ui/organization/clients.ts');
  await printClients(ctx, options, clients);
}
