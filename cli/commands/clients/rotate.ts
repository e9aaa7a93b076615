import type { Command } from 'commander';
import { findClient } from '../../api/find/find-client.ts';
import { expectBody } from '../../api/responses.ts';
import { createdClientShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerClientsRotate(clients: Command, ctx: Context): void {
  clients
    .command('rotate')
    .argument('<name>', 'Name or ID of the client')
    .summary('Replace the secret of an OAuth client')
    .description(
      'Replace the secret of an OAuth client and print the new one once. The old one stops working immediately.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens clients rotate api-gateway')
    .action((name: string, _options, command: Command) => runClientsRotate(ctx, name, command.optsWithGlobals()));
}

async function runClientsRotate(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id } = await findClient(api, name);
  const rotated = await expectBody(api.clients[':id'].secret.$post({ param: { id } }), createdClientShape);
  const { printClientSecret } = await import('../../ui/organization/clients.ts');
  await printClientSecret(ctx, options, rotated);
}
