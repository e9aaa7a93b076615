import type { Command } from 'commander';
import { findClient } from '../../api/find-client.ts';
import { unwrap } from '../../api/unwrap.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel, isInteractive } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { plain } from '../../ui/plain.ts';

export interface ClientsDeleteOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerClientsDelete(clients: Command, ctx: Context, run = runClientsDelete): void {
  clients
    .command('delete')
    .argument('<name>', 'Name of the service')
    .summary('Remove a service')
    .description('Remove a service. Its secret stops working at once. Asks first on a terminal.')
    .option('--yes', 'Do not ask')
    .addHelpText('after', '\nExample:\n  $ tokens clients delete api-gateway')
    .action((name: string, _options, command: Command) => run(ctx, name, command.optsWithGlobals()));
}

async function runClientsDelete(ctx: Context, name: string, options: ClientsDeleteOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const client = await findClient(api, name);
  const who = plain(client.name);
  const unasked = options.yes || !isInteractive(ctx);
  await confirmOrCancel(ctx, unasked, `Remove ${who}? What it asks is refused from then on.`);
  await unwrap(api.clients[':id'].$delete({ param: { id: client.id } }));
  await note(ctx, options, `Removed ${who}.`);
}
