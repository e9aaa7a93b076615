import type { Command } from 'commander';
import { serviceAccountIdentity } from '../../../../shared/names.ts';
import type { CreatedToken, CreateTokenBody } from '../../../../shared/schemas/tokens/tokens.ts';
import type { Scope } from '../../../../shared/scopes.ts';
import { issueToken, revokeToken, TokenMayExist } from '../../../api/issue-token.ts';
import type { Context } from '../../../context.ts';
import { removeStoredValue, requireKeychain, storeValue } from '../../../credentials/stored-values.ts';
import { CliError, hasCode, localError, systemCode } from '../../../errors.ts';
import { isInteractive } from '../../../input/ask.ts';
import { addServiceAccountOption, type OwnerOptions } from '../../../input/owner-options.ts';
import { parseExpiry } from '../../../input/parse-time.ts';
import { repeated } from '../../../input/repeated.ts';
import { addRuleOptions, type RuleOptions, ruleFieldsOf } from '../../../input/rule-options.ts';
import { type Connection, connect } from '../../../session/connect.ts';
import { tokenCommand } from '../../../ui/command-line.ts';
import { note } from '../../../ui/notes.ts';
import { type NewValueOptions, printNewValue } from '../../../ui/outcome.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { timesFor } from '../../../ui/times.ts';

export interface CreateOptions extends NewValueOptions, RuleOptions, Pick<OwnerOptions, 'serviceAccount'> {
  expires?: string;
  description?: string;
  selfRotate?: boolean;
  ifAbsent?: boolean;
  quietNetworks?: boolean;
  manage?: string[];
  canary?: boolean;
}

export function defineCreate(command: Command, ctx: Context): void {
  command
    .argument('[name]', 'Name of the new token. On a terminal, you are asked for it, the expiry and the app')
    .description(
      'Create a personal API token and print its value. The server stores only a hash, so it cannot show the value again.',
    )
    .option('--expires <when>', 'Expiry: 30m, 12h, 90d, 1y, a date (the end of that day in UTC), a time, or never')
    .option('--description <text>', 'Purpose of the token')
    .option('--quiet-networks', 'Send no mail about uses from new networks')
    .option('--self-rotate', 'Let the token rotate itself, as `tokens ensure` does without a session (needs an expiry)')
    .option('--manage <scope>', 'Make it a management key with this scope (repeatable)', repeated)
    .option('--canary', 'Make it a canary: its value never works, and you get a mail when somebody presents it')
    .option('--store', 'Store the value in the OS keychain, for `tokens get`')
    .option('--no-print', 'Do not print the value (needs --store)')
    .option('--if-absent', 'Do nothing if a token with this name exists and has not expired');
  addServiceAccountOption(addRuleOptions(command), 'Service account that will own the token')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens create ci-pipeline --expires 90d\n  $ tokens create laptop --store --no-print\n  $ tokens create deploy --service-account ci --expires 90d\n  $ tokens create metrics --app grafana --allow "GET /api/**" --from 203.0.113.0/24\n  $ tokens create backup-server --canary > secrets/backup-token',
    )
    .action((name: string | undefined, _options, command: Command) =>
      name === undefined ? runWithQuestions(ctx, command) : runCreate(ctx, name, command.optsWithGlobals()),
    );
}

async function runWithQuestions(ctx: Context, command: Command): Promise<void> {
  const given = command.optsWithGlobals<CreateOptions>();
  if (!isInteractive(ctx)) throw localError('usage', 'Name the new token: `tokens create NAME`.');
  const { askForToken, sameCommand } = await import('./ask-for-token.ts');
  const { api } = await connect(ctx, given);
  const { name, options } = await askForToken(ctx, api, given);
  await runCreate(ctx, name, options);
  await note(ctx, given, `The same without questions: ${sameCommand(command, name, options)}`);
  await note(ctx, given, 'More options, such as --description, --read-only and --from: `tokens create --help`.');
}

async function runCreate(ctx: Context, name: string, options: CreateOptions): Promise<void> {
  if (options.print === false && !options.store) throw localError('usage', '--no-print needs --store.');
  const body = {
    name,
    ...(options.serviceAccount !== undefined && { service_account: options.serviceAccount }),
    ...(options.description !== undefined && { description: options.description }),
    ...(options.quietNetworks && { quiet_networks: true }),
    ...(options.expires !== undefined && parseExpiry(options.expires)),
    ...(options.selfRotate && { self_rotate: true }),
    ...(options.canary && { canary: true }),
    ...(options.manage !== undefined && { manage: options.manage as Scope[] }),
    ...ruleFieldsOf(options),
  };
  const connection = await connect(ctx, options);
  const keychain = options.store ? await requireKeychain(ctx) : null;
  const created = await issue(ctx, connection, body, options);
  if (!created) return;
  try {
    if (keychain) await storeValue(ctx, keychain, connection.server, created);
    await printNewValue(ctx, created, options);
  } catch (error) {
    throw await undoCreate(ctx, connection, created, error);
  }
  await noteExpiry(ctx, options, created);
}

/** Says when the new token expires. Advises an expiry if it never does. */
async function noteExpiry(ctx: Context, options: CreateOptions, { name, expires_at: expiresAt }: CreatedToken) {
  const advice = 'It never expires; consider --expires.';
  const expiry = expiresAt === null ? advice : `It expires ${timesFor(ctx.stderr, ctx).expiryInWords(expiresAt)}.`;
  await note(ctx, options, `Created ${sanitize(name)}. ${expiry}`);
}

/** Creates the token. Returns null if the name is taken and `--if-absent` is given. */
async function issue(ctx: Context, { api }: Connection, body: CreateTokenBody, options: CreateOptions) {
  return issueToken(api, body, ctx.uuid).catch((error: unknown) => {
    const isTaken = hasCode(error, 'name-taken') && !(error instanceof TokenMayExist);
    if (options.ifAbsent && isTaken) return null;
    if (error instanceof TokenMayExist || ctx.signal.aborted) throw mayExistError(ctx, intended(body), error);
    throw isTaken ? takenError(error, intended(body)) : error;
  });
}

/** Says what gives the present token another value, because that is what most people want. */
function takenError(error: CliError, token: { name: string; owner: string }): CliError {
  const advice = `Choose another name, or give this token a new value with \`${tokenCommand('rotate', token)}\`.`;
  const { errors: _, ...problem } = error.problem;
  return new CliError({ ...problem, detail: `${problem.detail} ${advice}` }, { cause: error });
}

/** Revokes a token whose value could not be printed or stored. Returns the error to report. */
async function undoCreate(ctx: Context, { api, server }: Connection, created: CreatedToken, error: unknown) {
  try {
    await revokeToken(api, created.id);
  } catch {
    return mayExistError(ctx, created, error);
  }
  // The token is revoked, so a value left in the keychain is harmless. The caller reports the original error instead.
  await removeStoredValue(ctx, server, created).catch(() => undefined);
  const why = systemCode(error);
  if (error instanceof CliError) {
    return new CliError({ ...error.problem, detail: `${error.message} The token was revoked.` }, { cause: error });
  }
  if (why === undefined || why === 'EPIPE') return error;
  return localError('unwritable', `The value could not be written (${why}), so the token was revoked.`, error);
}

/** Returns the name and the owner of a token that may not exist. */
function intended({ name, service_account: account }: CreateTokenBody) {
  return { name, owner: account === undefined ? '' : serviceAccountIdentity(account) };
}

function mayExistError(ctx: Context, token: { name: string; owner: string }, cause: unknown) {
  const detail = `The value is lost, but the token may exist: ${tokenCommand('revoke', token)}`;
  if (cause instanceof CliError) {
    const { errors: _, ...problem } = cause.problem;
    return new CliError({ ...problem, detail }, { cause });
  }
  return localError(ctx.signal.aborted ? 'cancelled' : 'unwritable', detail, cause);
}
