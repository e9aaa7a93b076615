import { count } from '../shared/count.ts';
import type { ProblemDetails } from '../shared/problem.ts';
import type { Context, GlobalOptions } from './context.ts';
import { CliError, hasCode, localError, systemCode } from './errors.ts';
import { writeStderr } from './ui/notes.ts';

/** Prints an error on stderr and returns the exit code. An `AggregateError` has the exit code of its first failure. */
export async function reportError(error: unknown, ctx: Context, options: GlobalOptions): Promise<number> {
  const failures = (error instanceof AggregateError ? error.errors : [error]).map((one) => toCliError(one, ctx));
  for (const failure of failures) {
    await writeStderr(ctx, options.json ? await asJson(failure) : await asText(failure, ctx, options));
    if (options.verbose) await explainMismatch(failure, ctx);
  }
  return failures[0]?.exitCode ?? 1;
}

function toCliError(error: unknown, ctx: Context): CliError {
  if (error instanceof CliError) return error;
  if (ctx.signal.aborted) return localError('cancelled', 'Cancelled.', error);
  if (error instanceof Error && 'syscall' in error && error.syscall === 'write') {
    return localError('unwritable', `The output could not be written (${systemCode(error)}).`, error);
  }
  const why = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown';
  return localError(
    'unexpected',
    `Something unexpected went wrong: ${why}. Try again, and report it if it happens again.`,
    error,
  );
}

async function asJson({ problem, retryAfterSeconds }: CliError): Promise<string> {
  const { toJson } = await import('./ui/json.ts');
  return toJson(retryAfterSeconds === null ? problem : { ...problem, retry_after: retryAfterSeconds });
}

async function asText(failure: CliError, ctx: Context, options: GlobalOptions): Promise<string> {
  const [{ colorsFor }, { sanitize }, words] = await Promise.all([
    import('./ui/colors.ts'),
    import('./ui/sanitize.ts'),
    import('./ui/field-options.ts'),
  ]);
  const { problem } = failure;
  const colors = colorsFor(ctx.stderr, ctx, options);
  const lines = [...explain(problem, ctx, words), ...retryAdvice(failure)].map(sanitize);
  if (problem.code !== 'cancelled') lines[0] = `${colors.red('error:')} ${lines[0]}`;
  if (problem.request_id && (options.verbose || problem.status >= 500)) {
    lines.push(`  Request ID: ${sanitize(problem.request_id)}`);
  }
  return lines.join('\n');
}

/** Returns the lines that describe a problem. Names the options only if several are invalid. */
function explain(
  { code, title, detail, errors = [] }: ProblemDetails,
  ctx: Context,
  { optionOf, inOptions }: typeof import('./ui/field-options.ts'),
): string[] {
  // Mistakes in a file. Each line begins with the position, so that editors recognize it.
  if (errors[0]?.pointer.startsWith('#line=')) return [detail, ...errors.map((error) => error.detail)];
  const [first, ...others] = errors;
  if (first && others.length === 0) return [inOptions(first)];
  if (first) return [`${title}:`, ...errors.map((error) => `  ${optionOf(error)}: ${inOptions(error)}`)];
  if (code !== 'not-authenticated') return [detail];
  // The server does not know with which command the user signs in.
  return [`${detail.replace(/ Sign in again\.$/, '')} ${signInAdvice(ctx)}`];
}

function signInAdvice({ env }: Context): string {
  if (env.TOKENS_SESSION) return 'It is the one in TOKENS_SESSION.';
  if (env.TOKENS_KEY) return 'It is the management key in TOKENS_KEY.';
  return env.TOKENS_KEY_FILE ? `It is the management key in ${env.TOKENS_KEY_FILE}.` : 'Run `tokens login`.';
}

function retryAdvice({ retryAfterSeconds: seconds }: CliError): string[] {
  if (seconds === null) return [];
  const wait = seconds < 120 ? count(seconds, 'second') : count(Math.ceil(seconds / 60), 'minute');
  return [`  Retry after: ${wait}`];
}

/** Prints which part of a response a tokensd server would not have sent. */
async function explainMismatch(failure: CliError, ctx: Context): Promise<void> {
  if (!hasCode(failure, 'not-tokensd') || !(failure.cause instanceof Error)) return;
  const { sanitize } = await import('./ui/sanitize.ts');
  await writeStderr(ctx, `  Reason: ${sanitize(failure.cause.message)}`);
}
