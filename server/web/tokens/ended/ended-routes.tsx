import { ProblemError } from '../../../../shared/problem.ts';
import type { AppContext, AppDeps } from '../../../http/context.ts';
import { readPage } from '../../../http/paging.ts';
import { readHistory } from '../../audit/history/read-history.ts';
import {
  type FilterErrors,
  type FilterName,
  type ReadFilter,
  readFilter,
  selectingNames,
} from '../all/token-filters.ts';
import { searchForPrefix } from '../list/search-for-prefix.ts';
import { EndedListPage } from './ended-list-page.tsx';
import { EndedTokenPage } from './ended-token-page.tsx';
import { TransferredTokenPage } from './transferred-token-page.tsx';

/** The filters for tokens that ended. `wrongFilterOfEnded` refuses all others. */
const filterNames = ['q', 'owner', 'exchanged'] as const satisfies FilterName[];

type EndedListDeps = Pick<AppDeps, 'tokens' | 'statusContext'>;

/**
 * Returns an error if a list of tokens that ended has a filter that such lists do not have. The list would otherwise show tokens
 * that the filter excludes.
 */
export function wrongFilterOfEnded({ values }: Pick<ReadFilter, 'values'>): FilterErrors {
  const known: readonly FilterName[] = [...filterNames, 'status'];
  const isWrong = selectingNames.some((name) => values[name] !== undefined && !known.includes(name));
  return isWrong ? { status: 'Ended tokens can be filtered by name and owner only. Remove the other filters.' } : {};
}

/** Reports whether a query asks for the tokens that ended. */
export function asksForEnded(c: AppContext): boolean {
  return c.req.method === 'GET' && c.req.query('status') === 'revoked';
}

/** One list of tokens that ended. */
interface EndedList {
  /** Path of the page. */
  path: string;
  /** The section of the page, if it is not the list. */
  section?: string;
  /** Lists the tokens of the service account with this name. */
  account?: string;
  /** Lists those of all owners, which this file has as well. */
  csvPath?: string;
}

/** Renders the list of tokens that ended: the member's own, unless `list` says otherwise. */
export async function renderEndedList(
  { tokens, statusContext }: EndedListDeps,
  c: AppContext,
  list: EndedList,
): Promise<Response> {
  const found = searchForPrefix(c);
  if (found !== null) return found;
  const { now } = statusContext();
  const withOwners = list.csvPath !== undefined;
  const read = readEndedFilter(c, withOwners);
  const values = { ...read.values, status: 'revoked' };
  const query = list.account === undefined ? read.query : { ...read.query, serviceAccount: list.account };
  const shown = { ...list, values, withOwners, now };
  const refuse = (errors: FilterErrors) =>
    c.render(<EndedListPage {...shown} errors={errors} tokens={[]} nextCursor={null} />, 400);
  if (Object.keys(read.errors).length > 0) return refuse(read.errors);
  try {
    const { items, next_cursor } = await readPage(
      { cursor: c.req.query('cursor') || undefined },
      (page) => tokens.listEnded(c.get('caller'), { ...query, ...page }),
      (token) => token,
    );
    return c.render(<EndedListPage {...shown} errors={{}} tokens={items} nextCursor={next_cursor} />);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error.code !== 'user-not-found' && error.code !== 'service-account-not-found') throw error;
    return refuse({ owner: error.message });
  }
}

/** Reads the filters of a list of tokens that ended. Without `withOwners`, the query names no owner. */
export function readEndedFilter(c: AppContext, withOwners: boolean): ReadFilter {
  const read = readFilter(c, withOwners ? filterNames : ['q', 'exchanged']);
  const { all: _, ...own } = read.query;
  return { ...read, query: withOwners ? read.query : own };
}

/**
 * Returns the page of a token that ended, or that the caller had before it was transferred.
 * @throws ProblemError `token-not-found` if the caller may know nothing about it
 */
export async function endedTokenPage(
  { tokens, audit, clock }: Pick<AppDeps, 'tokens' | 'audit' | 'clock'>,
  c: AppContext,
  id: string,
) {
  const caller = c.get('caller');
  const facts = await tokens.getEnded(caller, id).catch(asNull);
  if (facts === null) {
    const transfer = await audit.lastTransfer(caller, id);
    if (transfer !== null) return <TransferredTokenPage transfer={transfer} />;
    // Mails link to the page of a token, which may have ended long ago.
    throw new ProblemError('token-not-found', 'There is no such token, or it was revoked long ago.');
  }
  const history = await readHistory(c, (page) => audit.ofToken(caller, facts.token, page));
  return <EndedTokenPage {...facts} history={history} now={clock.now()} />;
}

/** Returns null if there is no such token. */
function asNull(error: unknown): null {
  if (!(error instanceof ProblemError) || error.code !== 'token-not-found') throw error;
  return null;
}
