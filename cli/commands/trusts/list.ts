import type { Command } from 'commander';
import { listTrusts } from '../../api/find/find-trust.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerTrustsList(trusts: Command, ctx: Context): void {
  trusts
    .command('list')
    .alias('ls')
    .summary('List trusts')
    .description(
      'List the trusts, newest first. Superusers and auditors see all of them, and other members those of the service accounts that they maintain.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens trusts list --json')
    .action((_options, command: Command) => runTrustsList(ctx, command.optsWithGlobals()));
}

async function runTrustsList(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const trusts = await listTrusts(api);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, trusts);
  }
  const { printTrusts } = await import('../../ui/organization/trusts.ts');
  await printTrusts(ctx, options, trusts);
}
