import { type Command, InvalidArgumentError, Option } from 'commander';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { findKeptValue } from '../../credentials/kept-value.ts';
import { CommandEnded, localError } from '../../errors.ts';
import { explainMalformed } from '../../input/explain-malformed.ts';
import { addServiceAccountOption, type OwnerOptions } from '../../input/owner-options.ts';
import { resolveServer } from '../../session/find-server.ts';
import { readTokenFile } from '../../token-file/read.ts';

export interface ExecOptions extends GlobalOptions, Pick<OwnerOptions, 'serviceAccount'> {
  env: string;
  file?: string;
}

export function defineExec(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .argument('<command...>', 'The command and its arguments, after `--`')
    .description(
      'Run a command with the value of a token in an environment variable. The value comes from the OS keychain, where `tokens create --store` or `tokens rotate --store` put it, or from a file. The exit code is that of the command. Needs no server.',
    )
    .addOption(
      new Option('--env <variable>', 'Environment variable that receives the value')
        .default('TOKENS_TOKEN')
        .argParser(parseVariable),
    )
    .option('--file <path>', 'Read the value from this file, such as one that `tokens ensure` wrote');
  addServiceAccountOption(command, 'Service account that owns the token')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens exec ci-pipeline -- ./deploy.sh --production\n  $ tokens exec registry --env NPM_TOKEN --file ~/.registry-token -- npm publish',
    )
    .action((name: string, words: string[], _options, command: Command) =>
      runExec(ctx, name, words, command.optsWithGlobals()),
    );
}

async function runExec(ctx: Context, name: string, words: readonly string[], options: ExecOptions): Promise<void> {
  const value =
    options.file === undefined
      ? (await findKeptValue(ctx, await resolveServer(ctx, options), name, options)).token
      : await readValue(options.file);
  // A new object, because the environment of this process must not contain the value.
  throw new CommandEnded(await ctx.runCommand(words, { ...ctx.env, [options.env]: value }));
}

async function readValue(path: string): Promise<string> {
  const text = await readTokenFile(path);
  if (text === null) {
    throw localError('value-not-kept', `${path} holds no value. Write it with \`tokens ensure NAME --out FILE\`.`);
  }
  if (isWellFormedToken(text)) return text;
  throw localError('damaged-file', `${path} does not hold a token (${explainMalformed(text)}). Write the value again.`);
}

function parseVariable(text: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the name of a variable, such as TOKENS_TOKEN.');
}
