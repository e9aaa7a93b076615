import type { ProblemDetails } from '../shared/problem.ts';
import type { Context, GlobalOptions } from './context.ts';
import { CliError, localError, systemCode } from './errors.ts';
import { tell } from './ui/notes.ts';

/** Tells the person what failed, on stderr, and returns the exit code: that of the first failure. */
export async function report(error: unknown, ctx: Context, options: GlobalOptions): Promise<number> {
  const failures = (error instanceof AggregateError ? error.errors : [error]).map((one) => asCliError(one, ctx));
  for (const failure of failures) {
    await tell(ctx, options.json ? await asJson(failure.problem) : await asText(failure, ctx, options));
  }
  return failures[0]?.exitCode ?? 1;
}

function asCliError(error: unknown, ctx: Context): CliError {
  if (error instanceof CliError) return error;
  if (ctx.signal.aborted) return localError('cancelled', 'Cancelled.', error);
  if (error instanceof Error && 'syscall' in error && error.syscall === 'write') {
    return localError('unwritable', `The output could not be written (${systemCode(error)}).`, error);
  }
  const why = error instanceof Error ? error.message : 'unknown';
  return localError('unexpected', `Something unexpected went wrong: ${why}`, error);
}

async function asJson(problem: ProblemDetails): Promise<string> {
  const { toJson } = await import('./ui/json.ts');
  return toJson(problem);
}

async function asText({ problem }: CliError, ctx: Context, options: GlobalOptions): Promise<string> {
  const [{ colorsFor }, { plain }] = await Promise.all([import('./ui/colors.ts'), import('./ui/plain.ts')]);
  const colors = colorsFor(ctx.stderr, ctx, options);
  const lines = sentences(problem, ctx).map(plain);
  // Who cancels knows: no error.
  if (problem.code !== 'cancelled') lines[0] = `${colors.red('error:')} ${lines[0]}`;
  if (options.verbose && problem.request_id) lines.push(`  request: ${plain(problem.request_id)}`);
  return lines.join('\n');
}

/** What is wrong, in words for a person: one field speaks for itself, several are listed by name. */
function sentences({ code, title, detail, errors = [] }: ProblemDetails, ctx: Context): string[] {
  const [first, ...others] = errors;
  if (first && others.length === 0) return [first.detail];
  if (first) return [`${title}:`, ...errors.map((error) => `  ${error.pointer.slice(1)}: ${error.detail}`)];
  if (code !== 'not-authenticated') return [detail];
  return [`${detail} ${ctx.env.TOKENS_SESSION ? 'It is the one in TOKENS_SESSION.' : 'Run `tokens login`.'}`];
}
