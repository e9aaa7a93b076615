import type { Context, GlobalOptions } from './context.ts';
import { CommandEnded, systemCode } from './errors.ts';
import { helpFlags, versionFlags } from './flags.ts';
import { rejectSecrets } from './input/secrets-in-arguments.ts';
import { withPlainOutput } from './ui/plain-output.ts';

/** The text that commander prints for `tokens --help` in 80 columns. The build defines it. */
declare const TOKENS_HELP: string | undefined;
const helpColumns = 80;

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
    const { reportError } = await import('./report-error.ts');
    return reportError(error, ctx, globalOptionsIn(argv));
  }
}

/** Loads commander and the commands only for a command line that needs them, because that takes longer than the rest of the start. */
async function run(argv: readonly string[], ctx: Context): Promise<void> {
  rejectSecrets(argv);
  const [first = '', second] = argv;
  if (first === '__complete') {
    const { printNames } = await import('./commands/completion/names.ts');
    return printNames(ctx, argv);
  }
  const prepared = second === undefined ? preparedText(first, ctx) : null;
  if (prepared !== null) return ctx.stdout.write(prepared);
  const { runProgram } = await import('./run-program.ts');
  return runProgram(argv, ctx);
}

/** Returns what the only word of a command line prints, or null if that is not known without commander. */
function preparedText(word: string, ctx: Context): string | null {
  const isOneOf = (flags: readonly string[]) => flags.includes(word);
  if (isOneOf(versionFlags)) return `${ctx.version}\n`;
  if (!isOneOf(helpFlags) || typeof TOKENS_HELP !== 'string' || ctx.stdout.columns !== helpColumns) return null;
  return TOKENS_HELP;
}

/** Finds the global options for errors that happen before commander has parsed them. Words after `--` do not count. */
function globalOptionsIn(argv: readonly string[]): GlobalOptions {
  const end = argv.indexOf('--');
  const given = new Set(end === -1 ? argv : argv.slice(0, end));
  return { json: given.has('--json'), color: !given.has('--no-color'), verbose: given.has('--verbose') };
}
