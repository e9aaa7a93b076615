import type { Command } from 'commander';
import { collect } from '../../api/pages.ts';
import { unwrap } from '../../api/unwrap.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerClientsList(clients: Command, ctx: Context, run = runClientsList): void {
  clients
    .command('list')
    .alias('ls')
    .summary('List services')
    .description('List the services that may ask about tokens.')
    .addHelpText('after', '\nExample:\n  $ tokens clients list --json')
    .action((_options, command: Command) => run(ctx, command.optsWithGlobals()));
}

async function runClientsList(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const clients = await collect((query) => unwrap(api.clients.$get({ query })));
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, clients);
  }
  const { printClients } = await import('../../ui/clients.ts');
  await printClients(ctx, options, clients);
}
