import type { Command } from 'commander';
import { unwrap } from '../../api/unwrap.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export interface ClientsCreateOptions extends GlobalOptions {
  canRevoke?: boolean;
}

export function registerClientsCreate(clients: Command, ctx: Context, run = runClientsCreate): void {
  clients
    .command('create')
    .argument('<name>', 'Name of the service')
    .summary('Register a service and print its secret, once')
    .description('Register a service that may ask whether a token works. Its secret is printed once.')
    .option('--can-revoke', 'Let it revoke tokens, too')
    .addHelpText('after', '\nExample:\n  $ tokens clients create api-gateway')
    .action((name: string, _options, command: Command) => run(ctx, name, command.optsWithGlobals()));
}

async function runClientsCreate(ctx: Context, name: string, options: ClientsCreateOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const created = await unwrap(api.clients.$post({ json: { name, can_revoke: options.canRevoke === true } }));
  const { printClientSecret } = await import('../../ui/clients.ts');
  await printClientSecret(ctx, options, created);
}
