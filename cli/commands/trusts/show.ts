import type { Command } from 'commander';
import { findTrust } from '../../api/find/find-trust.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerTrustsShow(trusts: Command, ctx: Context): void {
  trusts
    .command('show')
    .argument('<trust>', 'Name or ID of the trust')
    .summary('Show a trust')
    .description('Show a trust: its issuer, its claims and what its tokens may do.')
    .addHelpText('after', '\nExample:\n  $ tokens trusts show deploy-api')
    .action((name: string, _options, command: Command) => runTrustsShow(ctx, name, command.optsWithGlobals()));
}

async function runTrustsShow(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const trust = await findTrust(api, name);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, trust);
  }
  const { printTrust } = await import('../../ui/organization/trusts.ts');
  await printTrust(ctx, trust);
}
