import type { Command } from 'commander';
import { findToken } from '../../api/find/find-token.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { connect } from '../../session/connect.ts';

export interface ShowOptions extends GlobalOptions, OwnerOptions {}

export function registerShow(program: Command, ctx: Context): void {
  const command = program
    .command('show')
    .argument('<name>', 'Name or prefix of the token')
    .summary('Show one token')
    .description('Show the details of one token. Its value cannot be shown.');
  addOwnerOptions(command, 'the token')
    .addHelpText('after', '\nExample:\n  $ tokens show ci-pipeline')
    .action((name: string, _options, command: Command) => runShow(ctx, name, command.optsWithGlobals()));
}

async function runShow(ctx: Context, name: string, options: ShowOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const token = await findToken(api, name, options);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, token);
  }
  const { printToken } = await import('../../ui/tokens/tokens.ts');
  await printToken(ctx, token);
}
