import type { Command } from 'commander';
import { endSentence } from '../../../shared/schemas/tokens/end-sentence.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Api } from '../../api/client.ts';
import { findToken, isPrefix, listByEarlierPrefix, namesOwner } from '../../api/find/find-token.ts';
import { ambiguous } from '../../api/find/match-name.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode, localError } from '../../errors.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { connect } from '../../session/connect.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { timesFor } from '../../ui/times.ts';

export interface ShowOptions extends GlobalOptions, OwnerOptions {}

export function defineShow(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .description(
      'Show the details of one token. Its value cannot be shown. If the token was revoked or removed, show how it ended, for as long as the server remembers it. The command then fails, because the token no longer exists.',
    );
  addOwnerOptions(command, 'the token')
    .addHelpText('after', '\nExample:\n  $ tokens show ci-pipeline')
    .action((name: string, _options, command: Command) => runShow(ctx, name, command.optsWithGlobals()));
}

async function runShow(ctx: Context, name: string, options: ShowOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const token = await findToken(api, name, options)
    .catch((error) => findByEarlierPrefix({ api, name, options }, error))
    .catch((error) => showEnded({ ctx, api, name, options }, error));
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, token);
  }
  const { printToken } = await import('../../ui/tokens/tokens.ts');
  await printToken(ctx, options, token);
}

/** Returns the one token that had a value with this prefix before a rotation. Otherwise, throws the error of the search. */
async function findByEarlierPrefix(
  { api, name, options }: { api: Api; name: string; options: ShowOptions },
  error: unknown,
): Promise<Token> {
  if (!hasCode(error, 'token-not-found') || !isPrefix(name) || namesOwner(options)) throw error;
  const [token, ...others] = await listByEarlierPrefix(api, name);
  if (token === undefined) throw error;
  if (others.length > 0) throw ambiguous(name, [token, ...others]);
  return token;
}

/** If the token ended, prints how, and throws the error that says so. Otherwise, throws the error of the search. */
async function showEnded(
  { ctx, api, name, options }: { ctx: Context; api: Api; name: string; options: ShowOptions },
  error: unknown,
): Promise<never> {
  if (!hasCode(error, 'token-not-found')) throw error;
  const { findEndedToken } = await import('../../api/find/find-ended-token.ts');
  const ended = await findEndedToken(api, name, options);
  if (ended === null) throw error;
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    await printJson(ctx.stdout, ended);
  } else {
    const { printEndedToken } = await import('../../ui/tokens/ended-tokens.ts');
    await printEndedToken(ctx, ended);
  }
  throw localError(
    'token-not-found',
    endSentence({ ...ended, name: sanitize(ended.name) }, timesFor(ctx.stderr, ctx).dateInWords),
  );
}
