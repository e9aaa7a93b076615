import type { Command } from 'commander';
import { findTrust } from '../../api/find/find-trust.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel, isInteractive } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface TrustsDeleteOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerTrustsDelete(trusts: Command, ctx: Context): void {
  trusts
    .command('delete')
    .argument('<trust>', 'Name or ID of the trust')
    .summary('Delete a trust')
    .description(
      'Delete a trust and revoke the tokens that were exchanged under it. Asks for confirmation on a terminal.',
    )
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens trusts delete deploy-api')
    .action((name: string, _options, command: Command) => runTrustsDelete(ctx, name, command.optsWithGlobals()));
}

async function runTrustsDelete(ctx: Context, name: string, options: TrustsDeleteOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const trust = await findTrust(api, name);
  const shown = sanitize(trust.name);
  const question = `Delete the trust ${shown}? Its tokens are revoked, and its jobs get no others.`;
  await confirmOrCancel(ctx, options.yes || !isInteractive(ctx), question);
  await expectSuccess(api.trusts[':id'].$delete({ param: { id: trust.id } }));
  await printOutcome(ctx, options, trust, `Deleted the trust ${shown}. Its tokens are revoked.`);
}
