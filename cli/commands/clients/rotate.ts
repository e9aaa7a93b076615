import type { Command } from 'commander';
import { findClient } from '../../api/find-client.ts';
import { unwrap } from '../../api/unwrap.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerClientsRotate(clients: Command, ctx: Context, run = runClientsRotate): void {
  clients
    .command('rotate')
    .argument('<name>', 'Name of the service')
    .summary('Give a service a new secret and print it, once')
    .description('Give a service a new secret. The earlier one stops working at once.')
    .addHelpText('after', '\nExample:\n  $ tokens clients rotate api-gateway')
    .action((name: string, _options, command: Command) => run(ctx, name, command.optsWithGlobals()));
}

async function runClientsRotate(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id } = await findClient(api, name);
  const rotated = await unwrap(api.clients[':id'].secret.$post({ param: { id } }));
  const { printClientSecret } = await import('../../ui/clients.ts');
  await printClientSecret(ctx, options, rotated);
}
