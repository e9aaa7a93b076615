import type { Command } from 'commander';
import type { ProblemDetails } from '../../../shared/problem.ts';
import type { Token } from '../../../shared/schemas/tokens.ts';
import { displayPrefix, isWellFormedToken } from '../../../shared/token-format.ts';
import { type DenyReason, readDenyReason } from '../../api/deny-reason.ts';
import { isObject, notTokensd, problemOf, readResponse } from '../../api/responses.ts';
import { tokenShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { promptsIfInteractive } from '../../input/ask.ts';
import { explainMalformed } from '../../input/explain-malformed.ts';
import { readSecret } from '../../input/read-stdin.ts';
import { openApi, resolveServer } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface CheckOptions extends GlobalOptions {
  offline?: boolean;
}

/** The output of `--json`. */
interface Result {
  readonly valid: boolean;
  /** Null for a valid token. */
  readonly reason: DenyReason | 'malformed' | null;
  /** The prefix of the value on standard input, which may be the one before a rotation. `token.prefix` is that of the current value. */
  readonly prefix: string | null;
  /** Why the value is malformed, or null. */
  readonly detail: string | null;
  readonly token: Token | NonNullable<ProblemDetails['token']> | null;
}

export function registerCheck(program: Command, ctx: Context): void {
  program
    .command('check')
    .summary('Check whether a token works')
    .description('Check whether the token on standard input works. Needs no session and does not count as a use.')
    .option('--offline', 'Check only the format and the checksum')
    .addHelpText('after', '\nExample:\n  $ tokens check < token.txt')
    .action((_options, command: Command) => runCheck(ctx, command.optsWithGlobals()));
}

async function runCheck(ctx: Context, options: CheckOptions): Promise<void> {
  const prompts = await promptsIfInteractive(ctx);
  const value = prompts ? await prompts.secret('Token') : await readSecret(ctx);
  const result = await check(ctx, options, value);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    await printJson(ctx.stdout, result);
  } else {
    const outcome = result.reason ?? (options.offline ? 'well-formed' : 'active');
    const { token } = result;
    const details = token ? [result.valid ? result.prefix : token.prefix, token.name, token.owner] : [];
    await ctx.stdout.write(
      `${[outcome, ...details.map((detail) => sanitize(detail ?? ''))].join(ctx.stdout.isTTY ? '  ' : '\t')}\n`,
    );
  }
  if (result.valid) return noteIfPrevious(ctx, options, result);
  const detail = result.detail === null ? '' : ` (${result.detail})`;
  throw localError('token-inactive', `The token does not work: ${result.reason}${detail}.`);
}

/** Says so if the value is the one before a rotation, because it will stop working when the overlap ends. */
async function noteIfPrevious(ctx: Context, options: CheckOptions, { prefix, token }: Result): Promise<void> {
  if (token === null || !('previous' in token) || prefix === null || token.previous?.prefix !== prefix) return;
  const { valid_until: end } = token.previous;
  const current = `The current value starts with ${sanitize(token.prefix)}.`;
  await note(
    ctx,
    options,
    `This is the old value of ${sanitize(token.name)}. It works until ${sanitize(end)}. ${current}`,
  );
}

async function check(ctx: Context, options: CheckOptions, value: string): Promise<Result> {
  if (!isWellFormedToken(value)) {
    return { valid: false, reason: 'malformed', detail: explainMalformed(value), prefix: null, token: null };
  }
  const prefix = displayPrefix(value);
  if (options.offline) return { valid: true, reason: null, detail: null, prefix, token: null };
  const api = await openApi(ctx, options, await resolveServer(ctx, options), `Token ${value}`);
  const response = await readResponse(api.token.$get());
  if (response.status === 200) {
    const mismatch = tokenShape(response.body);
    if (mismatch !== null) throw notTokensd(new Error(`The body${mismatch}`));
    return { valid: true, reason: null, detail: null, prefix, token: response.body as Token };
  }
  if (response.status !== 401) throw response.status < 400 ? notTokensd() : problemOf(response);
  const reason = readDenyReason(response);
  if (!isObject(response.body)) throw notTokensd();
  const { token } = response.body;
  return { valid: false, reason, detail: null, prefix, token: isKnownToken(token) ? token : null };
}

function isKnownToken(value: unknown): value is NonNullable<ProblemDetails['token']> {
  return isObject(value) && [value.prefix, value.name, value.owner].every((text) => typeof text === 'string');
}
