import type { Command } from 'commander';
import type { Suggestion } from '../../../shared/schemas/tokens/suggestion.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { findToken } from '../../api/find/find-token.ts';
import { expectBody } from '../../api/responses.ts';
import { suggestionShape, tokenShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode, withForce } from '../../errors.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { parseUsageDays } from '../../input/parse-days.ts';
import { type Connection, connect } from '../../session/connect.ts';
import { tokenCommand } from '../../ui/command-line.ts';
import { note } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { timesFor } from '../../ui/times.ts';

export interface SuggestOptions extends GlobalOptions, OwnerOptions {
  days?: string;
  apply?: boolean;
  force?: boolean;
}

const defaultDays = '30';

export function defineSuggest(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .description(
      'Suggest the narrowest rules that would have denied none of the recorded uses of a token. Print how many uses each rule covers, and the command that sets the rules.',
    )
    .option('--days <number>', `Length of the period, 1 to 400 days (default: ${defaultDays})`)
    .option('--apply', 'Set the suggested rules')
    .option('--force', 'Suggest rules even if the token has fewer than 20 uses');
  addOwnerOptions(command, 'the token')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens suggest ci-pipeline\n  $ tokens suggest ci-pipeline --days 90 --apply',
    )
    .action((name: string, _options, command: Command) => runSuggest(ctx, name, command.optsWithGlobals()));
}

async function runSuggest(ctx: Context, name: string, options: SuggestOptions): Promise<void> {
  const days = parseUsageDays(options.days ?? defaultDays);
  const { api } = await connect(ctx, options);
  const token = await findToken(api, name, options);
  const query = { days, ...(options.force && { force: 'true' as const }) };
  const suggestion = await expectBody(
    api.tokens[':id'].suggestion.$get({ param: { id: token.id }, query }),
    suggestionShape,
  ).catch((error: unknown) => {
    throw hasCode(error, 'too-few-uses') ? withForce(error) : error;
  });
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    await printJson(ctx.stdout, suggestion);
  } else {
    const { printSuggestion } = await import('../../ui/usage/print-suggestion.ts');
    await printSuggestion(ctx, options, token, suggestion);
  }
  if (options.apply) await apply(ctx, options, api, token, suggestion);
}

/** Sets the suggested rules. The token keeps its other rules if they are enforced. */
async function apply(
  ctx: Context,
  options: GlobalOptions,
  api: Connection['api'],
  token: Token,
  suggestion: Suggestion,
): Promise<void> {
  const { apps, read_only, allow, networks } = suggestion;
  if (apps === null && !read_only && allow === null && networks === null)
    return note(ctx, options, 'Nothing was changed.');
  const json = suggestedFields(token, suggestion);
  const edited = await expectBody(api.tokens[':id'].$patch({ param: { id: token.id }, json }), tokenShape);
  const { expiryInWords } = timesFor(ctx.stderr, ctx);
  const expiry = edited.expires_at === token.expires_at ? '' : `: it expires ${expiryInWords(edited.expires_at)}`;
  await note(ctx, options, `Set these rules of ${sanitize(token.name)} (${sanitize(token.prefix)})${expiry}.`);
  if (edited.enforce === false) {
    await note(ctx, options, `They deny nothing yet. To enforce them: ${tokenCommand('edit', token, '--enforce')}`);
  }
}

/**
 * Returns the fields of an edit that sets the suggested rules. Rules that are not suggested stay as they are, unless the rules are
 * only observed: those may deny a recorded use, so they are removed.
 */
function suggestedFields(token: Token, { apps, read_only, allow, networks }: Suggestion) {
  if (token.enforce === false) return { apps, read_only, allow, networks };
  return {
    ...(apps !== null && { apps }),
    ...(read_only && { read_only }),
    ...(allow !== null && { allow }),
    ...(networks !== null && { networks }),
  };
}
