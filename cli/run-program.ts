import { type Command, CommanderError } from 'commander';
import type { Context } from './context.ts';
import { type CliError, localError } from './errors.ts';
import { helpTopics, topicIn } from './help/topic-names.ts';
import { type FoundCommand, findCommand, withoutHelp, wordsOf } from './input/find-command.ts';
import { createProgramFor, type HelpOutput } from './program.ts';

/** Runs the command that the words name, or prints the help that they ask for. @throws CliError `usage` for other words */
export async function runProgram(argv: readonly string[], ctx: Context): Promise<void> {
  const output: HelpOutput = { out: '', err: '' };
  const program = await createProgramFor(argv, ctx, output);
  const asked = withoutHelp(program, argv);
  const topic = asked === null ? null : topicIn(wordsOf(program, asked));
  if (topic !== null) {
    const { topicText } = await import('./help/topics.ts');
    return ctx.stdout.write(topicText(topic, ctx.stdout.columns));
  }
  const words = asked === null ? argv : await helpWords(program, asked);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    await rejectMistakes(error, findCommand(program, words));
    // Either --help, or a command group without a command, for which commander exits with an error.
    await ctx.stdout.write(output.out || output.err);
  }
}

/** Turns a usage error of commander into an error for people. Returns for help and the version. @throws CliError `usage` */
async function rejectMistakes(error: CommanderError, found: FoundCommand): Promise<void> {
  // With --help, commander ignores an unknown command. People who look up a command need to know that it does not exist.
  const isUnknown = ['commander.helpDisplayed', 'commander.unknownCommand'].includes(error.code);
  if (isUnknown && found.unknown.length > 0) throw await unknownCommand(found);
  if (isUsageError(error)) throw localError('usage', toSentences(await withOptions(found, error), helpCommand(found)));
}

/**
 * Translates `help COMMAND…`, because commander's own help command does not know nested commands.
 * @throws CliError `usage` for words that name no command
 */
async function helpWords(program: Command, words: readonly string[]): Promise<readonly string[]> {
  const found = findCommand(program, words);
  const [first, second] = found.unknown;
  const isTopic = found.path.length === 0 && helpTopics.some((topic) => topic === first);
  const excess = isTopic ? second : found.others[0];
  if (excess !== undefined) {
    const known = [...found.path, ...(isTopic ? [first] : [])].join(' ');
    throw localError('usage', `\`tokens help ${known}\` takes no more words. Leave out '${excess}'.`);
  }
  if (first !== undefined) throw await unknownCommand(found, helpTopics);
  return [...words, '--help'];
}

function isUsageError(error: CommanderError): boolean {
  return error.exitCode !== 0 && error.code !== 'commander.help';
}

/** Creates the error for a word that names no command. Suggests a command, or one of `topics`, that is close or means the same. */
async function unknownCommand(found: FoundCommand, topics: readonly string[] = []): Promise<CliError> {
  const { suggestCommand } = await import('./input/suggested-command.ts');
  const guess = suggestCommand(found, found.path.length === 0 ? topics : []);
  return localError('usage', `Unknown command '${found.unknown[0]}'.${guess} Run \`${helpCommand(found)}\` for help.`);
}

/**
 * Returns the message of a usage error. For an option that is the beginning of others, it suggests these instead of commander's guess. For a
 * value outside a fixed list, it suggests the close ones.
 */
async function withOptions(found: FoundCommand, { code, message }: CommanderError): Promise<string> {
  const [, value, choices] =
    /(?:argument|value) '([^'\n]*)' is invalid.*\. Allowed choices are (.*)\.$/.exec(message) ?? [];
  if (value !== undefined && choices !== undefined) {
    const { didYouMean } = await import('./api/find/close-names.ts');
    return `${message}\n${didYouMean(value, choices.split(', ')).trim()}`.trim();
  }
  const [first, option] = /^error: unknown option '(--[^'=]+)[^'\n]*'/.exec(message) ?? [];
  if (code !== 'commander.unknownOption' || option === undefined) return message;
  const { optionsBeginning } = await import('./input/suggested-command.ts');
  const names = optionsBeginning(found, option);
  return names.length === 0 ? message : `${first}\n(Did you mean ${names.join(' or ')}?)`;
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

/** Returns the command line that shows the help for a command. */
function helpCommand({ path }: FoundCommand): string {
  return ['tokens', ...path, '--help'].join(' ');
}
