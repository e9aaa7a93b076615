import type { Command } from 'commander';
import { findClient } from '../../api/find/find-client.ts';
import { expectBody } from '../../api/responses.ts';
import { clientShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface ClientsEditOptions extends GlobalOptions {
  canRevoke?: boolean;
  canReport?: boolean;
}

export function registerClientsEdit(clients: Command, ctx: Context): void {
  clients
    .command('edit')
    .argument('<name>', 'Name or ID of the client')
    .summary('Change an OAuth client')
    .description('Change what an OAuth client may do. Its secret stays the same.')
    .option('--can-revoke', 'Let the client revoke tokens')
    .option('--no-can-revoke', 'Do not let it revoke tokens')
    .option('--can-report', 'Let the client, such as a scanner, report leaked values')
    .option('--no-can-report', 'Do not let it report leaked values')
    .addHelpText('after', '\nExample:\n  $ tokens clients edit api-gateway --no-can-revoke')
    .action((name: string, _options, command: Command) => runClientsEdit(ctx, name, command.optsWithGlobals()));
}

async function runClientsEdit(ctx: Context, name: string, options: ClientsEditOptions): Promise<void> {
  const { canRevoke, canReport } = options;
  if (canRevoke === undefined && canReport === undefined) {
    const detail =
      'There is nothing to change. Give --can-revoke or --can-report, or --no-can-revoke or --no-can-report.';
    throw localError('usage', detail);
  }
  const { api } = await connect(ctx, options);
  const { id } = await findClient(api, name);
  const json = {
    ...(canRevoke !== undefined && { can_revoke: canRevoke }),
    ...(canReport !== undefined && { can_report: canReport }),
  };
  const client = await expectBody(api.clients[':id'].$patch({ param: { id }, json }), clientShape);
  await printOutcome(ctx, options, client, `Changed ${sanitize(client.name)}.`);
}
