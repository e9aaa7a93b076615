import type { Command } from 'commander';
import { expectBody } from '../../api/responses.ts';
import { createdClientShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export interface ClientsCreateOptions extends GlobalOptions {
  canRevoke?: boolean;
  canReport?: boolean;
}

export function registerClientsCreate(clients: Command, ctx: Context): void {
  clients
    .command('create')
    .argument('<name>', 'Name of the new client')
    .summary('Create an OAuth client and print its secret once')
    .description('Create an OAuth client, which can verify tokens by introspection. The secret cannot be shown again.')
    .option('--can-revoke', 'Let the client revoke tokens')
    .option('--can-report', 'Let the client, such as a scanner, report leaked values')
    .addHelpText('after', '\nExample:\n  $ tokens clients create api-gateway')
    .action((name: string, _options, command: Command) => runClientsCreate(ctx, name, command.optsWithGlobals()));
}

async function runClientsCreate(ctx: Context, name: string, options: ClientsCreateOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const json = { name, can_revoke: options.canRevoke === true, can_report: options.canReport === true };
  const created = await expectBody(api.clients.$post({ json }), createdClientShape);
  const { printClientSecret } = await import('../../ui/organization/clients.ts');
  await printClientSecret(ctx, options, created);
}
