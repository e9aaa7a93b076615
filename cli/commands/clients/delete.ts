import type { Command } from 'commander';
import { findClient } from '../../api/find/find-client.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel, isInteractive } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface ClientsDeleteOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerClientsDelete(clients: Command, ctx: Context): void {
  clients
    .command('delete')
    .argument('<name>', 'Name or ID of the client')
    .summary('Delete an OAuth client')
    .description('Delete an OAuth client. Its secret stops working immediately. Asks for confirmation on a terminal.')
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens clients delete api-gateway')
    .action((name: string, _options, command: Command) => runClientsDelete(ctx, name, command.optsWithGlobals()));
}

async function runClientsDelete(ctx: Context, name: string, options: ClientsDeleteOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const client = await findClient(api, name);
  const shown = sanitize(client.name);
  const skipQuestion = options.yes || !isInteractive(ctx);
  await confirmOrCancel(ctx, skipQuestion, `Delete ${shown}? Its requests are denied from then on.`);
  await expectSuccess(api.clients[':id'].$delete({ param: { id: client.id } }));
  await printOutcome(ctx, options, client, `Deleted ${shown}.`);
}
