import { type Command, Option } from 'commander';
import { count } from '../../../shared/count.ts';
import type { Token, TokenStatus } from '../../../shared/schemas/tokens/tokens.ts';
import type { Api } from '../../api/client.ts';
import { findTokens, listTokens, ownerFilter } from '../../api/find/find-token.ts';
import { findUser } from '../../api/find/find-user.ts';
import { isTokenGone } from '../../api/issue-token.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { removeStoredValue } from '../../credentials/stored-values.ts';
import { hasCode, localError } from '../../errors.ts';
import { confirmOrCancel, requireConfirmable } from '../../input/ask.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { type Connection, connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { attemptAll } from '../attempt-all.ts';
import { statuses } from './lists/list.ts';
import { revokeSelected } from './lists/revoke-selected.ts';
import { revokeValues } from './revoke-values.ts';

export interface RevokeOptions extends GlobalOptions, OwnerOptions {
  status?: TokenStatus;
  all?: boolean;
  ifExists?: boolean;
  yes?: boolean;
  stdin?: boolean;
}

export function defineRevoke(command: Command, ctx: Context): void {
  command
    .argument('[names...]', 'Names or prefixes of the tokens')
    .description('Revoke tokens permanently. They stop working immediately, everywhere.')
    .option('--all', 'Revoke all tokens')
    .addOption(new Option('--status <status>', 'Revoke all tokens with this status').choices(statuses))
    .option('--stdin', 'Read values instead of names from standard input, one per line (needs no session)')
    .option('--if-exists', 'Ignore tokens that do not exist')
    .option('--yes', 'Do not ask for confirmation');
  addOwnerOptions(command, 'the tokens')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens revoke ci-pipeline\n  $ tokens revoke --user ada@example.com --all --yes\n  $ tokens revoke --status expired --yes\n  $ tokens revoke --stdin --yes < leaked.txt',
    )
    .action((names: string[], _options, command: Command) => runRevoke(ctx, names, command.optsWithGlobals()));
}

async function runRevoke(ctx: Context, names: readonly string[], options: RevokeOptions): Promise<void> {
  const selects = options.all === true || options.status !== undefined;
  requireOneChoice(names, options, selects);
  if (options.stdin) return revokeValues(ctx, options);
  requireConfirmable(ctx, options.yes);
  const connection = await connect(ctx, options);
  const { found, failures, others } = selects
    ? { found: await listTokens(connection.api, options, options.status), failures: [], others: new Set<Token>() }
    : await findNamed(connection.api, names, options);
  if (found.length > 0) {
    await confirmOrCancel(ctx, options.yes, question(found, others, options));
    // There is no route that revokes all tokens of a service account without deleting it.
    const together = options.all && options.serviceAccount === undefined ? revokeTogether : revokeEach;
    const revoke = options.status === undefined ? together : revokeSelected;
    await revoke(ctx, connection, found, options).catch((error: unknown) => {
      failures.push(...(error instanceof AggregateError ? error.errors : [error]));
    });
  } else if (failures.length === 0) {
    await note(ctx, options, 'There is nothing to revoke.');
  }
  if (failures.length > 0) throw new AggregateError(failures);
}

/** @throws CliError `usage` unless names, or options, or standard input select the tokens */
function requireOneChoice(names: readonly string[], options: RevokeOptions, selects: boolean): void {
  if (options.stdin && (selects || names.length > 0 || Object.keys(ownerFilter(options)).length > 0)) {
    throw localError('usage', '--stdin reads the values, so give no names, owner, --all or --status with it.');
  }
  if (options.stdin) return;
  if (options.all && options.status !== undefined) {
    throw localError('usage', '--all revokes tokens with any status. Give either --all or --status, not both.');
  }
  if (selects && names.length > 0) throw localError('usage', 'Give either names, or --all or --status, not both.');
  if (!selects && names.length === 0) throw localError('usage', 'Give at least one name, --all, --status or --stdin.');
}

async function findNamed(api: Api, names: readonly string[], options: RevokeOptions) {
  const { found, failures, others } = await findTokens(api, names, options);
  const isIgnored = (error: unknown) => options.ifExists === true && hasCode(error, 'token-not-found');
  return { found, others, failures: failures.filter((error) => !isIgnored(error)) };
}

async function revokeEach(ctx: Context, connection: Connection, tokens: readonly Token[], options: RevokeOptions) {
  await attemptAll(tokens, async (token) => {
    await revokeOne(connection.api, token, options);
    await printOutcome(ctx, options, token, `Revoked ${sanitize(token.name)} (${sanitize(token.prefix)}).`);
    await removeStoredValue(ctx, connection.server, token);
  });
}

async function revokeOne(api: Api, token: Token, options: RevokeOptions): Promise<void> {
  try {
    await expectSuccess(api.tokens[':id'].$delete({ param: { id: token.id } }));
  } catch (error) {
    if (!(options.ifExists && isTokenGone(error))) throw error;
  }
}

/** Revokes all tokens of one member in one request, so that the owner gets one mail that names them all. */
async function revokeTogether(
  ctx: Context,
  connection: Connection,
  tokens: readonly Token[],
  options: RevokeOptions,
): Promise<void> {
  const { api, server } = connection;
  try {
    await expectSuccess(requestRevocation(api, options));
  } catch (error) {
    // A daemon of the previous release has no route for all own tokens.
    if (options.user === undefined && hasCode(error, 'not-found')) return revokeEach(ctx, connection, tokens, options);
    throw error;
  }
  if (options.json) for (const token of tokens) await printOutcome(ctx, options, token, '');
  const whose = options.user === undefined ? '' : ` of ${sanitize(options.user)}`;
  await note(ctx, options, `Revoked ${count(tokens.length, 'token')}${whose}.`);
  for (const token of tokens) await removeStoredValue(ctx, server, token);
}

async function requestRevocation(api: Api, { user }: RevokeOptions) {
  if (user === undefined) return api.me.tokens.$delete();
  const { id } = await findUser(api, user);
  return api.users[':id'].tokens.$delete({ param: { id } });
}

/** Asks before a revocation. Names the owners of tokens that a prefix or an ID found although they are not your own. */
function question(
  tokens: readonly Token[],
  others: ReadonlySet<Token>,
  { user, serviceAccount }: OwnerOptions,
): string {
  const owner = serviceAccount ?? user;
  const names = tokens
    .map((token) => `${sanitize(token.name)}${others.has(token) ? ` of ${sanitize(token.owner)}` : ''}`)
    .join(', ');
  const which = tokens.length > 5 ? count(tokens.length, 'token') : names;
  const whose = owner === undefined ? '' : ` of ${sanitize(owner)}`;
  return `Permanently revoke ${which}${whose}? ${tokens.length === 1 ? 'It stops' : 'They stop'} working immediately.`;
}
