import type { Command } from 'commander';
import type { Token } from '../../shared/schemas/tokens.ts';
import type { Api } from '../api/client.ts';
import { tokensOf } from '../api/find-token.ts';
import { findUser } from '../api/find-user.ts';
import { matchName } from '../api/match-name.ts';
import { unwrap } from '../api/unwrap.ts';
import { attemptAll } from '../attempt-all.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { forgetValue } from '../credentials/kept.ts';
import { CliError, hasCode, localError } from '../errors.ts';
import { confirmOrCancel, requireConfirmable } from '../input/ask.ts';
import { type Connection, connect } from '../session/connect.ts';
import { note } from '../ui/notes.ts';
import { plain } from '../ui/plain.ts';

export interface RevokeOptions extends GlobalOptions {
  user?: string;
  all?: boolean;
  ifExists?: boolean;
  yes?: boolean;
}

export function registerRevoke(program: Command, ctx: Context, run = runRevoke): void {
  program
    .command('revoke')
    .alias('rm')
    .argument('[names...]', 'Names or prefixes of the tokens')
    .summary('Revoke tokens for good')
    .description('Revoke tokens. They stop working at once, on every server behind it, and never work again.')
    .option('--user <email>', 'Tokens of this member (superuser)')
    .option('--all', 'All tokens')
    .option('--if-exists', 'A name that does not exist is no error')
    .option('--yes', 'Do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens revoke ci-pipeline\n  $ tokens revoke --user ada@example.com --all --yes',
    )
    .action((names: string[], _options, command: Command) => run(ctx, names, command.optsWithGlobals()));
}

async function runRevoke(ctx: Context, names: readonly string[], options: RevokeOptions): Promise<void> {
  if (options.all && names.length > 0) throw localError('usage', 'Give names or --all, not both.');
  if (!options.all && names.length === 0) throw localError('usage', 'Say which: `tokens revoke NAME…`, or --all.');
  requireConfirmable(ctx, options.yes);
  const connection = await connect(ctx, options);
  const tokens = await tokensOf(connection.api, options.user);
  const { found, failures } = options.all ? { found: tokens, failures: [] } : choose(names, tokens, options);
  if (found.length > 0) {
    await confirmOrCancel(ctx, options.yes, question(found, options.user));
    const revoked = options.all && options.user !== undefined ? revokeAtOnce : revokeEach;
    await revoked(ctx, connection, found, options).catch((error: unknown) => {
      failures.push(...(error instanceof AggregateError ? error.errors : [error]));
    });
  } else if (failures.length === 0) {
    await note(ctx, options, 'There is nothing to revoke.');
  }
  if (failures.length > 0) throw new AggregateError(failures);
}

function choose(names: readonly string[], tokens: readonly Token[], options: RevokeOptions) {
  const found = new Set<Token>();
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      found.add(matchName(name, tokens));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      if (!(options.ifExists && hasCode(error, 'token-not-found'))) failures.push(error);
    }
  }
  return { found: [...found], failures };
}

async function revokeEach(ctx: Context, connection: Connection, tokens: readonly Token[], options: RevokeOptions) {
  await attemptAll(tokens, async (token) => {
    await revokeOne(connection.api, token, options);
    await note(ctx, options, `Revoked ${plain(token.name)} (${plain(token.prefix)}).`);
    await forgetValue(ctx, connection.server, token);
  });
}

async function revokeOne(api: Api, token: Token, options: RevokeOptions): Promise<void> {
  try {
    await unwrap(api.tokens[':id'].$delete({ param: { id: token.id } }));
  } catch (error) {
    const isGone = hasCode(error, 'token-not-found') || hasCode(error, 'not-found');
    if (!(options.ifExists && isGone)) throw error;
  }
}

/** One request, so that the owner gets one mail which names them all. */
async function revokeAtOnce(
  ctx: Context,
  { api, server }: Connection,
  tokens: readonly Token[],
  options: RevokeOptions,
) {
  const user = await findUser(api, options.user ?? '');
  await unwrap(api.users[':id'].tokens.$delete({ param: { id: user.id } }));
  await note(ctx, options, `Revoked ${tokens.length} tokens of ${plain(user.email)}.`);
  for (const token of tokens) await forgetValue(ctx, server, token);
}

function question(tokens: readonly Token[], user: string | undefined): string {
  const named = tokens.length > 5 ? `${tokens.length} tokens` : tokens.map(({ name }) => plain(name)).join(', ');
  const whose = user === undefined ? '' : ` of ${plain(user)}`;
  return `Revoke ${named}${whose}? ${tokens.length === 1 ? 'It stops' : 'They stop'} working at once, for good.`;
}
