import { type Command, CommanderError } from 'commander';
import type { Context, GlobalOptions } from './context.ts';
import { localError, systemCode } from './errors.ts';
import { createProgram, type Transcript } from './program.ts';
import { report } from './report.ts';

/** Runs one command line (without node and script) and returns the exit code. The only place that maps failures to it. */
export async function main(argv: readonly string[], ctx: Context): Promise<number> {
  try {
    await run(argv, ctx);
    return 0;
  } catch (error) {
    // Whoever read our output has seen enough.
    if (systemCode(error) === 'EPIPE') return 0;
    return report(error, ctx, globalOptionsIn(argv));
  }
}

async function run(argv: readonly string[], ctx: Context): Promise<void> {
  const transcript: Transcript = { out: '', err: '' };
  const program = createProgram(ctx, transcript);
  try {
    // commander's own help command knows no commands of commands.
    const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (isMistake(error)) throw localError('usage', sentence(error.message, helpFor(program, argv)));
    // Help was asked for, or there was no command, which commander takes for a mistake.
    await ctx.stdout.write(transcript.out || transcript.err);
  }
}

function isMistake(error: CommanderError): boolean {
  return error.exitCode !== 0 && error.code !== 'commander.help';
}

/** commander's `error: unknown command 'lst'\n(Did you mean list?)` as sentences. */
function sentence(message: string, help: string): string {
  const [first = '', ...hints] = message.replace(/^error: /, '').split('\n');
  const sentences = [
    first.charAt(0).toUpperCase() + first.slice(1),
    ...hints.map((hint) => hint.replace(/^\((.*)\)$/, '$1')),
  ];
  return [...sentences, `See \`${help}\`.`].map((text) => (/[.?!]$/.test(text) ? text : `${text}.`)).join(' ');
}

/** The help of the command that was meant, as far as there is one. */
function helpFor(program: Command, argv: readonly string[]): string {
  let command = program;
  const path = [program.name()];
  for (const word of argv) {
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (!next) continue;
    command = next;
    path.push(next.name());
  }
  return `${path.join(' ')} --help`;
}

/** For failures before or while commander reads the command line; what follows `--` is no option. */
function globalOptionsIn(argv: readonly string[]): GlobalOptions {
  const end = argv.indexOf('--');
  const given = new Set(end === -1 ? argv : argv.slice(0, end));
  return { json: given.has('--json'), color: !given.has('--no-color'), verbose: given.has('--verbose') };
}
