import type { Command } from 'commander';
import type { RotateTokenBody } from '../../../shared/schemas/tokens/token-changes.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { findToken } from '../../api/find/find-token.ts';
import { expectSuccess } from '../../api/responses.ts';
import { hasExpired, rotateToken, ValueMayBeLost } from '../../api/rotate-token.ts';
import type { Context } from '../../context.ts';
import { isStored, requireKeychain, storeValue } from '../../credentials/stored-values.ts';
import { CliError, hasCode, localError, systemCode } from '../../errors.ts';
import { addServiceAccountOption, type OwnerOptions } from '../../input/owner-options.ts';
import { parseExpiry, parseOverlap } from '../../input/parse-time.ts';
import { type Connection, connect } from '../../session/connect.ts';
import { tokenCommand } from '../../ui/command-line.ts';
import { note, warn } from '../../ui/notes.ts';
import { type NewValueOptions, printNewValue, printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { timesFor } from '../../ui/times.ts';

export interface RotateOptions extends NewValueOptions, Pick<OwnerOptions, 'serviceAccount'> {
  overlap?: string;
  expires?: string;
  endPrevious?: boolean;
  finish?: boolean;
}

export function defineRotate(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .description(
      'Give a token a new value and print it once. The old value keeps working during the overlap, so that you can replace it everywhere. `tokens show` says where the old value is still used. A paused token can be rotated with --overlap 0 only, and stays paused.',
    )
    .option('--overlap <duration>', 'How long the old value keeps working: 0 to 30d (default: 24h)')
    .option('--expires <when>', 'New expiry: 30m, 12h, 90d, 1y, a date (the end of that day in UTC), a time, or never')
    .option('--end-previous', 'Also rotate during an overlap, which ends the value before the old one')
    .option('--finish', 'End the overlap now instead of rotating: only the current value then works')
    .option('--store', 'Store the new value in the OS keychain, for `tokens get`')
    .option('--no-print', 'Do not print the value (needs --store)');
  addServiceAccountOption(command, 'Service account that owns the token')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens rotate ci-pipeline --overlap 7d\n  $ tokens rotate ci-pipeline --finish\n  $ tokens rotate stolen --overlap 0\n  $ tokens rotate laptop --store --no-print',
    )
    .action((name: string, _options, command: Command) => runRotate(ctx, name, command.optsWithGlobals()));
}

async function runRotate(ctx: Context, name: string, options: RotateOptions): Promise<void> {
  if (options.finish) return finish(ctx, name, options);
  if (options.print === false && !options.store) throw localError('usage', '--no-print needs --store.');
  const body = {
    ...(options.overlap !== undefined && { overlap: parseOverlap(options.overlap) }),
    ...(options.expires !== undefined && parseExpiry(options.expires)),
    ...(options.endPrevious && { end_previous: true }),
  };
  const connection = await connect(ctx, options);
  const keychain = options.store ? await requireKeychain(ctx, 'The token was not rotated.') : null;
  const token = await findToken(connection.api, name, options);
  const rotated = await rotateToken(connection.api, token.id, body, ctx.uuid).catch((error: unknown) => {
    if (error instanceof ValueMayBeLost || ctx.signal.aborted) throw lostError(ctx, token, body, error);
    if (hasCode(error, 'rotation-pending')) throw pendingError(ctx, token, error);
    throw hasCode(error, 'token-inactive') && isPausedWithOverlap(ctx, token, body) ? pausedError(token, error) : error;
  });
  try {
    if (keychain) await storeValue(ctx, keychain, connection.server, rotated);
    await printNewValue(ctx, rotated, options);
  } catch (error) {
    throw unwrittenError(rotated, body, error);
  }
  if (ctx.stdout.isTTY || options.store) await note(ctx, options, fateOfOldValue(ctx, rotated));
  if (rotated.status === 'paused') await warn(ctx, options, staysPaused(rotated));
  // The rotation is complete, so a damaged list does not make it fail.
  if (!keychain && (await isStored(ctx, connection.server, token).catch(() => false))) {
    await warn(ctx, options, staleKeychain(ctx, rotated));
  }
}

/** Ends the overlap of an earlier rotation. */
async function finish(ctx: Context, name: string, options: RotateOptions): Promise<void> {
  const others = [options.overlap, options.expires, options.endPrevious, options.store, options.print === false];
  if (others.some((given) => given !== undefined && given !== false)) {
    throw localError('usage', '--finish only ends the overlap, so give no other option with it.');
  }
  const { api }: Connection = await connect(ctx, options);
  const token = await findToken(api, name, options);
  await expectSuccess(api.tokens[':id'].previous.$delete({ param: { id: token.id } }));
  const ended = token.previous ? ` (${sanitize(token.previous.prefix)})` : '';
  await printOutcome(
    ctx,
    options,
    { ...token, previous: null },
    `The old value of ${sanitize(token.name)}${ended} ended.`,
  );
}

/** Says what the keychain still holds. Suggests no further rotation, which would end the value that was just printed. */
function staleKeychain(ctx: Context, { previous }: Token): string {
  const fate = previous ? `works until ${timesFor(ctx.stderr, ctx).exact(previous.valid_until)}` : 'no longer works';
  return `The OS keychain still holds the old value, which ${fate}. Next time, give --store to store the new one there.`;
}

/** Says how long the old value works, on a terminal and where nobody else reads the output. */
function fateOfOldValue(ctx: Context, token: Token): string {
  const { previous } = token;
  if (!previous) return 'The old value no longer works.';
  const until = timesFor(ctx.stderr, ctx).exact(previous.valid_until);
  const end = `The old value (${sanitize(previous.prefix)}) works until ${until}.`;
  return `${end} To end it earlier: ${tokenCommand('rotate', token, '--finish')}`;
}

/** Names the commands in place of the fields that the daemon names. */
function pendingError(ctx: Context, token: Token, error: CliError): CliError {
  const { previous } = token;
  const until = previous
    ? ` (${sanitize(previous.prefix)}) works until ${timesFor(ctx.stderr, ctx).exact(previous.valid_until)}`
    : ' still works';
  const ways = `\`${tokenCommand('rotate', token, '--finish')}\`, or end it with this rotation: \`${tokenCommand('rotate', token, '--end-previous')}\``;
  const detail = `The value before the last rotation${until}. End it with ${ways}.`;
  return new CliError({ ...error.problem, detail }, { cause: error });
}

/** Reports whether only the overlap keeps a paused token from a rotation. One that has expired as well cannot be rotated. */
function isPausedWithOverlap(ctx: Context, token: Token, { overlap }: RotateTokenBody): boolean {
  return token.status === 'paused' && overlap !== 0 && !hasExpired(token, ctx);
}

/** Names the command that rotates a paused token. */
function pausedError(token: Token, error: CliError): CliError {
  const command = `\`${tokenCommand('rotate', token, '--overlap 0')}\``;
  const detail = `${sanitize(token.name)} is paused, so it can be rotated only if its old value ends at once: ${command}. It then stays paused.`;
  return new CliError({ ...error.problem, detail }, { cause: error });
}

/** Says that the value that was just printed does not work yet. */
function staysPaused(token: Token): string {
  const command = tokenCommand('resume', token);
  return `${sanitize(token.name)} stays paused. The new value works when the pause ends. To end it: ${command}. If a superuser paused it, ask one.`;
}

/** Names the command that gets another value. Warns that it ends the value in use, unless the rotation has done so already. */
function wayOn(token: Token, { overlap }: RotateTokenBody): string {
  if (token.status === 'paused') return `Get another one with \`${tokenCommand('rotate', token, '--overlap 0')}\`.`;
  const price = overlap === 0 ? '' : ', but the value that is in use now then stops working at once';
  return `Get another one with \`${tokenCommand('rotate', token, '--end-previous')}\`${price}.`;
}

/** The server has issued a value, but nobody can know it. The old value still works, unless the overlap is 0. */
function unwrittenError(token: Token, body: RotateTokenBody, error: unknown) {
  const why = error instanceof CliError ? error.message.replace(/\.$/, '') : (systemCode(error) ?? 'unknown error');
  const detail = `The token was rotated, but its new value could not be written (${why}). ${wayOn(token, body)}`;
  if (error instanceof CliError) return new CliError({ ...error.problem, detail }, { cause: error });
  return localError('unwritable', detail, error);
}

function lostError(ctx: Context, token: Token, body: RotateTokenBody, cause: unknown) {
  const detail = `The response was lost, so the token may have a new value that nobody knows. ${wayOn(token, body)}`;
  if (cause instanceof CliError) {
    const { errors: _, ...problem } = cause.problem;
    return new CliError({ ...problem, detail }, { cause });
  }
  return localError(ctx.signal.aborted ? 'cancelled' : 'unwritable', detail, cause);
}
