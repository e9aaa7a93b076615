import type { ProblemDetails } from '../shared/problem.ts';
import { redact } from '../shared/redact.ts';
import type { Context, GlobalOptions } from './context.ts';
import { CliError, localError, systemCode } from './errors.ts';

/** Tells the person what failed, on stderr, and returns the exit code: that of the first failure. */
export async function report(error: unknown, ctx: Context, options: GlobalOptions): Promise<number> {
  const failures = (error instanceof AggregateError ? error.errors : [error]).map((one) => asCliError(one, ctx));
  for (const failure of failures) {
    const text = options.json ? await asJson(failure.problem) : await asText(failure, ctx, options);
    await ctx.stderr.write(`${text}\n`).catch(() => undefined);
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
  return localError('unexpected', `Something unexpected went wrong: ${redact(why)}`, error);
}

async function asJson(problem: ProblemDetails): Promise<string> {
  const { toJson } = await import('./ui/json.ts');
  return toJson(problem);
}

async function asText({ problem }: CliError, ctx: Context, options: GlobalOptions): Promise<string> {
  const [{ colorsFor }, { plain }] = await Promise.all([import('./ui/colors.ts'), import('./ui/plain.ts')]);
  const colors = colorsFor(ctx.stderr, ctx, options);
  const lines = [`${colors.red('error:')} ${plain(problem.detail)}`];
  for (const { pointer, detail } of problem.errors ?? []) lines.push(`  ${plain(pointer)}: ${plain(detail)}`);
  if (options.verbose && problem.request_id) lines.push(`  request: ${plain(problem.request_id)}`);
  return lines.join('\n');
}
