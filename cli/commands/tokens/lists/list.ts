import { type Command, Option } from 'commander';
import type { TokenStatus } from '../../../../shared/schemas/tokens/tokens.ts';
import { type SortOrder, sortOrders } from '../../../../shared/tokens/sort.ts';
import { ownerFilter } from '../../../api/find/find-token.ts';
import { pagesOf } from '../../../api/pages.ts';
import { expectBody } from '../../../api/responses.ts';
import { pageShape, tokenShape } from '../../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { localError } from '../../../errors.ts';
import { addOwnerOptions, type OwnerOptions } from '../../../input/owner-options.ts';
import { parseLimit } from '../../../input/parse-limit.ts';
import { connect } from '../../../session/connect.ts';
import { addFilterOptions, type FilterOptions, filterOf, filterParameters } from './filters.ts';

export interface ListOptions extends GlobalOptions, FilterOptions, OwnerOptions {
  all?: boolean;
  knownTo?: string;
  app?: string;
  status?: TokenStatus | 'revoked';
  limit?: number;
  sort?: SortOrder;
  columns?: string;
}

export const statuses = [
  'active',
  'blocked',
  'disabled',
  'sso-stale',
  'paused',
  'expired',
  'idle',
] satisfies TokenStatus[];

export function defineList(command: Command, ctx: Context): void {
  command
    .description(
      'List your tokens, newest first, with the time, request and address of their last use. With several options, only tokens that match all of them are listed.',
    )
    .addOption(
      new Option('--all', 'List the tokens of all owners (superuser, auditor)').conflicts(['user', 'serviceAccount']),
    )
    .addOption(
      new Option(
        '--known-to <email>',
        'Tokens of service accounts whose values this member knows, because they created or last rotated them (superuser)',
      ).conflicts(['user', 'serviceAccount', 'all']),
    )
    .option('--app <name>', 'Tokens whose rules name this app')
    .addOption(
      new Option('--status <status>', 'Status of the tokens; with `revoked`, those that ended lately').choices([
        ...statuses,
        'revoked',
      ]),
    );
  addFilterOptions(addOwnerOptions(command, 'the tokens'))
    .addOption(
      new Option(
        '--sort <order>',
        'Order of the list; a minus reverses it, and tokens without the field come last',
      ).choices(sortOrders),
    )
    .addOption(new Option('--columns <fields>', 'Columns to print, by their names in JSON and separated by commas'))
    .option('--limit <n>', 'Maximum number of tokens', parseLimit)
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens list\n  $ tokens list --unused 60d --no-expiry\n  $ tokens list --all --status expired --json\n  $ tokens list --columns name,expires_at,last_used --sort expires',
    )
    .action((_options, command: Command) => runList(ctx, command.optsWithGlobals()));
}

async function runList(ctx: Context, options: ListOptions): Promise<void> {
  const { status } = options;
  if (options.json && options.columns !== undefined) {
    throw localError('usage', 'With --json, every token has all of its fields. Leave --columns out.');
  }
  const columns = options.columns === undefined ? null : await columnsNamed(options.columns);
  if (status === 'revoked') return listEnded(ctx, options);
  const selected = filterParameters({ status, ...filterOf(options) });
  const { api } = await connect(ctx, options);
  const filter = {
    ...ownerFilter(options),
    ...(options.all && { all: 'true' as const }),
    ...(options.knownTo !== undefined && { known_to: options.knownTo }),
    ...(options.app !== undefined && { app: options.app }),
    ...selected,
    ...(options.sort !== undefined && { sort: options.sort }),
  };
  const shape = pageShape(tokenShape);
  const pages = pagesOf((page) => expectBody(api.tokens.$get({ query: { ...filter, ...page } }), shape), options.limit);
  const { withProgress } = await import('../../../ui/progress.ts');
  const tokens = withProgress(ctx, options, 'token', pages);
  if (options.json) {
    const { printJsonArray } = await import('../../../ui/json.ts');
    return printJsonArray(ctx.stdout, tokens);
  }
  const { printTokens } = await import('../../../ui/tokens/tokens.ts');
  const isFiltered =
    options.knownTo !== undefined ||
    options.app !== undefined ||
    Object.keys({ ...ownerFilter(options), ...selected }).length > 0;
  // Show the owners, because several service accounts may own these tokens.
  const all = options.all === true || options.knownTo !== undefined;
  await printTokens(ctx, { ...options, all }, tokens, isFiltered, columns);
}

async function columnsNamed(list: string) {
  const { chosenColumns } = await import('../../../ui/tokens/chosen-columns.ts');
  return chosenColumns(list);
}

/** Lists the tokens that ended. The server refuses filters that this list does not have. */
async function listEnded(ctx: Context, options: ListOptions): Promise<void> {
  if (options.columns !== undefined) throw localError('usage', 'A list of tokens that ended has no --columns.');
  const { api } = await connect(ctx, options);
  const filter = {
    ...ownerFilter(options),
    ...(options.all && { all: 'true' }),
    ...(options.knownTo !== undefined && { known_to: options.knownTo }),
    ...(options.app !== undefined && { app: options.app }),
    ...filterParameters(filterOf(options)),
    ...(options.sort !== undefined && { sort: options.sort }),
  };
  const { endedPages } = await import('../../../api/find/find-ended-token.ts');
  const { withProgress } = await import('../../../ui/progress.ts');
  const tokens = withProgress(ctx, options, 'token', pagesOf(endedPages(api, filter), options.limit));
  if (options.json) {
    const { printJsonArray } = await import('../../../ui/json.ts');
    return printJsonArray(ctx.stdout, tokens);
  }
  const { printEndedTokens } = await import('../../../ui/tokens/ended-tokens.ts');
  await printEndedTokens(ctx, options, tokens);
}
