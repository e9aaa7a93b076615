import { type Command, Option } from 'commander';
import type { ProblemDetails } from '../../../../shared/problem.ts';
import type { ForbidReason } from '../../../../shared/schemas/tokens/rules.ts';
import type { PresentedToken, Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { displayPrefix, isWellFormedToken } from '../../../../shared/token-format.ts';
import { type DenyReason, readDenyReason } from '../../../api/deny-reason.ts';
import { isObject, notTokensd, problemOf, readResponse } from '../../../api/responses.ts';
import { presentedTokenShape } from '../../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { localError } from '../../../errors.ts';
import { promptsIfInteractive } from '../../../input/ask.ts';
import { explainMalformed } from '../../../input/explain-malformed.ts';
import { readSecret } from '../../../input/read-stdin.ts';
import { openApi } from '../../../session/connect.ts';
import { resolveServer } from '../../../session/find-server.ts';
import { warn } from '../../../ui/notes.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { timesFor } from '../../../ui/times.ts';
import { deniedByRules, isForbidReason, noteObserved, requestOf, withDecision } from './check-request.ts';
import { findCanary } from './find-canary.ts';

export interface CheckOptions extends GlobalOptions {
  offline?: boolean;
  method?: string;
  path?: string;
  ip?: string;
  app?: string;
}

/** The output of `--json`. */
interface Result {
  /** Whether the token works, for the request that the options describe. */
  readonly valid: boolean;
  /** Null for a valid token. A daemon may know reasons that this program does not. */
  readonly reason: DenyReason | 'malformed' | 'canary' | ForbidReason | null;
  /** Why the rules would deny the request if they were applied. Only if the options describe one. */
  readonly would_deny?: ForbidReason | null;
  /** The prefix of the value on standard input, which may be the one before a rotation. `token.prefix` is that of the current value. */
  readonly prefix: string | null;
  /** Why the value is malformed, or null. */
  readonly detail: string | null;
  readonly token: Token | NonNullable<ProblemDetails['token']> | null;
}

export function defineCheck(command: Command, ctx: Context): void {
  command
    .description(
      'Check whether the token on standard input works. Needs no session. The server records a use only for a management key or a canary. With a session, the command recognizes your own canaries and records no use. With --method, --path, --ip or --app, also check whether its rules allow such a request.',
    )
    .addOption(
      new Option('--offline', 'Check only the format and the checksum').conflicts(['method', 'path', 'ip', 'app']),
    )
    .option('--method <method>', 'Method of the request')
    .option('--path <path>', 'Path of the request, as the client sends it')
    .option('--ip <address>', "Client's IP address")
    .option('--app <name>', 'App that the request is for')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens check < token.txt\n  $ tokens check --app grafana --method DELETE --path /api/dashboards/1 < token.txt',
    )
    .action((_options, command: Command) => runCheck(ctx, command.optsWithGlobals()));
}

async function runCheck(ctx: Context, options: CheckOptions): Promise<void> {
  const prompts = await promptsIfInteractive(ctx);
  const value = prompts ? await prompts.secret('Token') : await readSecret(ctx);
  const result = await check(ctx, options, value);
  if (options.json) {
    const { printJson } = await import('../../../ui/json.ts');
    await printJson(ctx.stdout, result);
  } else {
    await ctx.stdout.write(`${wordsOf(result, options).join(ctx.stdout.isTTY ? '  ' : '\t')}\n`);
  }
  if (!result.valid) throw failureOf(result);
  if (result.would_deny) await noteObserved(ctx, options, result.would_deny);
  await noteIfPrevious(ctx, options, result);
}

/** Returns the outcome and, for a known token, its prefix, name and owner. */
function wordsOf({ reason, token, prefix }: Result, { offline }: CheckOptions): string[] {
  const outcome = reason ?? (offline ? 'well-formed' : 'active');
  if (token === null) return [outcome];
  const shown = 'id' in token ? prefix : token.prefix;
  return [outcome, ...[shown, token.name, token.owner].map((detail) => sanitize(detail ?? ''))];
}

function failureOf({ reason, detail }: Result) {
  if (isForbidReason(reason)) return deniedByRules(reason);
  const why = detail === null ? '' : ` (${detail})`;
  return localError('token-inactive', `The token does not work: ${reason}${why}.`);
}

/** Says so if the value is the one before a rotation, because it will stop working when the overlap ends. */
async function noteIfPrevious(ctx: Context, options: CheckOptions, { prefix, token }: Result): Promise<void> {
  if (token === null || !('previous' in token) || prefix === null || token.previous?.prefix !== prefix) return;
  const end = timesFor(ctx.stderr, ctx).exact(token.previous.valid_until);
  const current = `The current value starts with ${sanitize(token.prefix)}.`;
  await warn(ctx, options, `This is the old value of ${sanitize(token.name)}. It works until ${end}. ${current}`);
}

async function check(ctx: Context, options: CheckOptions, value: string): Promise<Result> {
  if (!isWellFormedToken(value)) {
    return { valid: false, reason: 'malformed', detail: explainMalformed(value), prefix: null, token: null };
  }
  const prefix = displayPrefix(value);
  if (options.offline) return { valid: true, reason: null, detail: null, prefix, token: null };
  const canary = await findCanary(ctx, options, value);
  if (canary !== null) return { valid: false, reason: 'canary', detail: null, prefix, token: { prefix, ...canary } };
  const api = await openApi(ctx, options, await resolveServer(ctx, options), `Token ${value}`);
  const asked = requestOf(options);
  const response = await readResponse(api.token.$get({ query: asked }));
  if (response.status === 200) {
    const mismatch = presentedTokenShape(response.body);
    if (mismatch !== null) throw notTokensd(new Error(`The body${mismatch}`));
    return withDecision(response.body as PresentedToken, asked, { detail: null, prefix });
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
