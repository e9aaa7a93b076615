import type { Command } from 'commander';
import { describeConfig, readConfig, unknownSettings } from '../config.ts';
import type { Context } from '../context.ts';

export function registerConfig(program: Command, context: Context): void {
  program
    .command('config')
    .summary('Show the effective settings')
    .description('Prints every setting as NAME=value, defaults filled in, passwords hidden.')
    .addHelpText('after', '\nExample:\n  $ tokensd config')
    .action(() => runConfig(context));
}

export function runConfig(context: Context): void {
  const config = readConfig(context.env);
  for (const name of unknownSettings(context.env)) context.stderr.write(`${name} is no setting of this version.\n`);
  context.stdout.write(`${describeConfig(config).join('\n')}\n`);
}
