import type { Command } from 'commander';
import type { ProblemDetails } from '../../shared/problem.ts';
import type { Token } from '../../shared/schemas/tokens.ts';
import { displayPrefix, isWellFormedToken } from '../../shared/token-format.ts';
import { isObject, notTokensd, problemOf, receive } from '../api/unwrap.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { localError } from '../errors.ts';
import { promptsIfInteractive } from '../input/ask.ts';
import { readSecret } from '../input/read-stdin.ts';
import { openApi, resolveServer } from '../session/connect.ts';
import { plain } from '../ui/plain.ts';

export interface CheckOptions extends GlobalOptions {
  offline?: boolean;
}

const reasons = ['unknown', 'revoked', 'expired', 'blocked', 'disabled', 'sso-stale'] as const;

interface Verdict {
  readonly valid: boolean;
  /** Why it does not work; null if it does. */
  readonly reason: (typeof reasons)[number] | 'malformed' | null;
  readonly prefix: string | null;
  readonly token: Token | NonNullable<ProblemDetails['token']> | null;
}

export function registerCheck(program: Command, ctx: Context, run = runCheck): void {
  program
    .command('check')
    .summary('Tell whether a token works, and if not, why')
    .description('Read a token from standard input and tell whether it works. Needs no session and counts as no use.')
    .option('--offline', 'Look only at its shape and checksum')
    .addHelpText('after', '\nExample:\n  $ tokens check < token.txt')
    .action((_options, command: Command) => run(ctx, command.optsWithGlobals()));
}

async function runCheck(ctx: Context, options: CheckOptions): Promise<void> {
  const prompts = await promptsIfInteractive(ctx);
  const value = prompts ? await prompts.secret('Token') : await readSecret(ctx);
  const verdict = await judge(ctx, options, value);
  if (options.json) {
    const { printJson } = await import('../ui/json.ts');
    await printJson(ctx.stdout, verdict);
  } else {
    const word = verdict.reason ?? (options.offline ? 'well-formed' : 'active');
    const known = verdict.token ? [verdict.token.prefix, verdict.token.name, verdict.token.owner] : [];
    await ctx.stdout.write(`${[word, ...known.map(plain)].join(ctx.stdout.isTTY ? '  ' : '\t')}\n`);
  }
  if (!verdict.valid) throw localError('token-inactive', `The token does not work: ${verdict.reason}.`);
}

async function judge(ctx: Context, options: CheckOptions, value: string): Promise<Verdict> {
  if (!isWellFormedToken(value)) return { valid: false, reason: 'malformed', prefix: null, token: null };
  const prefix = displayPrefix(value);
  if (options.offline) return { valid: true, reason: null, prefix, token: null };
  const api = await openApi(ctx, options, await resolveServer(ctx, options), `Token ${value}`);
  const answer = await receive(api.token.$get());
  if (answer.status === 200 && isToken(answer.body)) return { valid: true, reason: null, prefix, token: answer.body };
  if (answer.status !== 401) throw answer.status < 400 ? notTokensd() : problemOf(answer);
  const reason = reasons.find((word) => word === answer.headers.get('x-tokens-reason'));
  if (!reason || !isObject(answer.body)) throw notTokensd();
  const { token } = answer.body;
  return { valid: false, reason, prefix, token: isKnown(token) ? token : null };
}

function isToken(body: unknown): body is Token {
  return isKnown(body) && 'status' in body && 'id' in body;
}

function isKnown(value: unknown): value is NonNullable<ProblemDetails['token']> {
  return isObject(value) && [value.prefix, value.name, value.owner].every((text) => typeof text === 'string');
}
