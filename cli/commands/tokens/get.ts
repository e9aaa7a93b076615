import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { findKeptValue } from '../../credentials/kept-value.ts';
import { addServiceAccountOption, type OwnerOptions } from '../../input/owner-options.ts';
import { resolveServer } from '../../session/find-server.ts';

type GetOptions = GlobalOptions & Pick<OwnerOptions, 'serviceAccount'>;

export function defineGet(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .description('Print a token value that `tokens create --store` put into the OS keychain. Needs no server.');
  addServiceAccountOption(command, 'Service account that owns the token')
    .addHelpText(
      'after',
      '\nExample:\n  $ curl -H "Authorization: Token $(tokens get ci-pipeline)" https://api.example.com/builds',
    )
    .action((name: string, _options, command: Command) => runGet(ctx, name, command.optsWithGlobals()));
}

async function runGet(ctx: Context, name: string, options: GetOptions): Promise<void> {
  const kept = await findKeptValue(ctx, await resolveServer(ctx, options), name, options);
  if (!options.json) return ctx.stdout.write(`${kept.token}\n`);
  const { printJson } = await import('../../ui/json.ts');
  await printJson(ctx.stdout, { name: kept.name, prefix: kept.prefix, owner: kept.owner, token: kept.token });
}
