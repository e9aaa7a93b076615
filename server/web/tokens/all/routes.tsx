import { Hono } from 'hono';
import pLimit from 'p-limit';
import { type FieldError, ProblemError } from '../../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { readPage } from '../../../http/paging.ts';
import { tokenObject } from '../../../http/representations.ts';
import { endedTokenObject } from '../../../http/tokens/ended-tokens.ts';
import { readTokenPage } from '../../../http/tokens/token-page.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { csvResponse } from '../../shell/download/csv.ts';
import { asksForEnded, readEndedFilter, renderEndedList, wrongFilterOfEnded } from '../ended/ended-routes.tsx';
import { createAttentionOfAll } from '../list/attention.ts';
import { readCountedPage } from '../list/counted-page.ts';
import { searchForPrefix } from '../list/search-for-prefix.ts';
import { readPreselected } from '../selection/selection-bar.tsx';
import { AllTokensPage } from './all-tokens-page.tsx';
import { allTokensPath } from './all-tokens-paths.ts';
import { type FilterErrors, type ReadFilter, readFilter } from './token-filters.ts';
import { endedCsvColumns, endedRow, tokenCsvColumns, tokenRow } from './token-rows.ts';

type AllTokensDeps = Pick<AppDeps, 'tokens' | 'statusContext' | 'clock' | 'log' | 'config'>;

/** Routes of `/organization/tokens`: the tokens of all owners, for superusers and auditors. */
export function allTokensPages({ tokens, statusContext, clock, log, config }: AllTokensDeps) {
  // Only one download reads at a time, so that lists get their turns.
  const oneAtATime = pLimit(1);
  const ofAll = createAttentionOfAll(clock);
  return new Hono<AppEnv>().get(`${allTokensPath}.csv`, download).get(allTokensPath, async (c) => {
    const filter = readAllFilter(c);
    if (asksForEnded(c) && filter.errors.status === undefined)
      return renderEndedList({ tokens, statusContext }, c, { path: allTokensPath, csvPath: `${allTokensPath}.csv` });
    const { values } = filter;
    const found = searchForPrefix(c);
    if (found !== null) return found;
    const { errors, ...listed } = await readTokens(c, filter);
    const shown = {
      cursor: c.req.query('cursor') || undefined,
      preselected: readPreselected(c.req.query('select')),
      maxExpiry: config.maxExpiry,
    };
    const page = (
      <AllTokensPage values={values} errors={errors} statusContext={statusContext()} {...shown} {...listed} />
    );
    return c.render(page, Object.keys(errors).length > 0 ? 400 : 200);
  });

  /** Responds with all tokens that match as a file. */
  async function download(c: AppContext): Promise<Response> {
    if (asksForEnded(c)) return downloadEnded(c);
    const { errors, query, sort } = readFilter(c);
    requireValidFilter(errors);
    const file = { name: 'tokens', columns: tokenCsvColumns };
    return csvResponse({ clock, log }, c, file, (page) =>
      oneAtATime(async () => {
        const read = await readTokenPage({ ...page, sort }, (page) =>
          tokens.list(c.get('caller'), { ...page, ...query }),
        );
        const names = await tokens.appNames(read.items);
        const now = statusContext();
        const rows = read.items.map((token) => tokenRow(tokenObject(token, now, names), config.publicUrl));
        return { items: rows, next_cursor: read.next_cursor };
      }),
    );
  }

  /** Responds with all tokens that ended as a file. */
  async function downloadEnded(c: AppContext): Promise<Response> {
    const { errors, query } = readEndedFilter(c, true);
    requireValidFilter({ ...errors, ...wrongFilterOfEnded(readFilter(c)) });
    const file = { name: 'ended-tokens', columns: endedCsvColumns };
    return csvResponse({ clock, log }, c, file, (page) =>
      oneAtATime(() =>
        readPage(
          page,
          (page) => tokens.listEnded(c.get('caller'), { ...page, ...query }),
          (token) => endedRow(endedTokenObject(token), config.publicUrl),
        ),
      ),
    );
  }

  /** Reads a page of the list. If a filter is wrong, the list is empty, and `errors` says why. */
  async function readTokens(c: AppContext, { values, errors, query, sort }: ReadFilter) {
    const nothing = { tokens: [], names: new Map(), maintained: new Set<string>(), nextCursor: null, counts: null };
    if (Object.keys(errors).length > 0) return { ...nothing, errors };
    try {
      const cursor = c.req.query('cursor') || undefined;
      const { items, next_cursor, counts } = await readCountedPage(tokens, c, { query, cursor, sort, ofAll });
      const maintained = await maintainedAmong(c, items);
      const names = await tokens.appNames(items);
      return { tokens: items, names, maintained, nextCursor: next_cursor, counts, errors };
    } catch (error) {
      return { ...nothing, errors: filterError(error, values) };
    }
  }

  /** Returns the IDs of the service accounts among the owners that the reader maintains. */
  async function maintainedAmong(c: AppContext, items: TokenRecord[]): Promise<ReadonlySet<string>> {
    const owners = new Map(items.map(({ ownerId, ownerKind }) => [ownerId, { ownerId, ownerKind }]));
    const accounts = [...owners.values()].filter(({ ownerKind }) => ownerKind === 'service-account');
    const acts = await Promise.all(accounts.map((owner) => tokens.actsAsOwner(c.get('caller'), owner)));
    return new Set(accounts.filter((_, index) => acts[index]).map(({ ownerId }) => ownerId));
  }
}

/** Reads the filters of all tokens, or of all that ended. */
function readAllFilter(c: AppContext): ReadFilter {
  const filter = readFilter(c);
  if (!asksForEnded(c)) return filter;
  const { status: _, ...errors } = filter.errors;
  return { ...filter, errors: { ...errors, ...wrongFilterOfEnded(filter) } };
}

/** Returns the message for a filter with an unknown name, or for too many tokens to sort. Rethrows every other error. */
function filterError(error: unknown, { known_to: knownTo }: ReadFilter['values']): FilterErrors {
  if (!(error instanceof ProblemError)) throw error;
  if (error.errors?.some(({ pointer }) => pointer === '?sort')) return { sort: error.message };
  if (error.code === 'app-not-found') return { app: error.message };
  if (error.code !== 'user-not-found' && error.code !== 'service-account-not-found') throw error;
  return { [knownTo === undefined ? 'owner' : 'known_to']: error.message };
}

/** @throws ProblemError `invalid-fields` */
function requireValidFilter(messages: FilterErrors): void {
  const errors = Object.entries(messages).map(([name, detail = '']): FieldError => ({ pointer: `?${name}`, detail }));
  if (errors.length === 0) return;
  throw new ProblemError('invalid-fields', errors.map(({ detail }) => detail).join(' '), { errors });
}
