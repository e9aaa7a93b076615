import { type Command, CommanderError } from 'commander';
import type { Context, GlobalOptions } from './context.ts';
import { CommandEnded, localError, systemCode } from './errors.ts';
import { topicIn } from './help/topic-names.ts';
import { rejectSecrets } from './input/secrets-in-arguments.ts';
import { createProgram, type HelpOutput } from './program.ts';
import { reportError } from './report-error.ts';
import { withPlainOutput } from './ui/plain-output.ts';

/** Runs a command line (without node and script) and returns the exit code. The only place that handles errors. */
export async function main(argv: readonly string[], surroundings: Context): Promise<number> {
  const ctx = withPlainOutput(surroundings);
  try {
    await run(argv, ctx);
    return 0;
  } catch (error) {
    if (error instanceof CommandEnded) return error.exitCode;
    // The reader of the pipe, such as `head`, has closed it.
    if (systemCode(error) === 'EPIPE') return 0;
    return reportError(error, ctx, globalOptionsIn(argv));
  }
}

async function run(argv: readonly string[], ctx: Context): Promise<void> {
  rejectSecrets(argv);
  if (argv[0] === '__complete') {
    const { printNames } = await import('./commands/completion/names.ts');
    return printNames(ctx, argv);
  }
  const topic = topicIn(argv);
  if (topic !== null) {
    const { topicText } = await import('./help/topics.ts');
    return ctx.stdout.write(topicText(topic, ctx.stdout.columns));
  }
  const output: HelpOutput = { out: '', err: '' };
  const program = createProgram(ctx, output);
  try {
    const words = argv[0] === 'help' ? helpWords(program, argv.slice(1)) : argv;
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (isUsageError(error)) {
      const message =
        error.code === 'commander.unknownCommand' ? await withMeaning(error.message, program, argv) : error.message;
      throw localError('usage', toSentences(message, helpCommand(program, argv)));
    }
    // Either --help, or a command group without a command, for which commander exits with an error.
    await ctx.stdout.write(output.out || output.err);
  }
}

/**
 * Translates `help COMMAND…`, because commander's own help command does not know nested commands. For an unknown command,
 * returns the words without `--help`, so that commander reports it and suggests another.
 */
function helpWords(program: Command, words: readonly string[]): readonly string[] {
  const names = words.filter((word) => !word.startsWith('-'));
  const { command, path } = findCommand(program, names);
  const isUnknown = command.commands.length > 0 && path.length < names.length;
  return isUnknown ? names : [...words, '--help'];
}

function isUsageError(error: CommanderError): boolean {
  return error.exitCode !== 0 && error.code !== 'commander.help';
}

/** Replaces commander's suggestion of a similar word by the command that means the same, if there is one. */
async function withMeaning(message: string, program: Command, argv: readonly string[]): Promise<string> {
  const [first = ''] = message.split('\n');
  const { commandMeantBy } = await import('./input/suggested-command.ts');
  const word = /unknown command '(.*)'$/.exec(first)?.[1] ?? '';
  const meant = commandMeantBy(word, findCommand(program, argv.slice(0, argv.indexOf(word))).command);
  return meant === null ? message : `${first}\n(Did you mean ${meant}?)`;
}

/** Turns commander's `error: unknown command 'lst'\n(Did you mean list?)` into sentences. */
function toSentences(message: string, help: string): string {
  const [first = '', ...hints] = message.replace(/^error: /, '').split('\n');
  const sentences = [
    first.charAt(0).toUpperCase() + first.slice(1),
    ...hints.map((hint) => hint.replace(/^\((.*)\)$/, '$1')),
  ];
  return [...sentences, `Run \`${help}\` for help.`].map((text) => (/[.?!]$/.test(text) ? text : `${text}.`)).join(' ');
}

/** Returns the command line that shows the help for the command in `argv`. */
function helpCommand(program: Command, argv: readonly string[]): string {
  return [program.name(), ...findCommand(program, argv).path, '--help'].join(' ');
}

/** Descends from `program` along the words that name commands. Skips other words, such as options. */
function findCommand(program: Command, words: readonly string[]): { command: Command; path: string[] } {
  let command = program;
  const path: string[] = [];
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (!next) continue;
    command = next;
    path.push(next.name());
  }
  return { command, path };
}

/** Finds the global options for errors that happen before commander has parsed them. Words after `--` do not count. */
function globalOptionsIn(argv: readonly string[]): GlobalOptions {
  const end = argv.indexOf('--');
  const given = new Set(end === -1 ? argv : argv.slice(0, end));
  return { json: given.has('--json'), color: !given.has('--no-color'), verbose: given.has('--verbose') };
}
