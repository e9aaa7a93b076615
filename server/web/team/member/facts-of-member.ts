import type { AppContext, AppDeps } from '../../../http/context.ts';
import type { UserSummary } from '../../../store/records.ts';
import { readHistory } from '../../audit/history/read-history.ts';
import { ownerFilterNames, readFilter } from '../../tokens/all/token-filters.ts';
import { readCountedPage } from '../../tokens/list/counted-page.ts';
import { readPageUrl } from './member-url.ts';

/** How many tokens the page of a member shows at once. */
const tokensPerPage = 10;

export type MemberFactsDeps = Pick<AppDeps, 'tokens' | 'memberSessions' | 'passkeys' | 'audit' | 'statusContext'>;

/** Reads what the page of a member shows besides the account. */
export async function factsOfMember(
  { tokens, memberSessions, passkeys, audit, statusContext }: MemberFactsDeps,
  c: AppContext,
  { id }: Pick<UserSummary, 'id'>,
) {
  const caller = c.get('caller');
  const pageUrl = readPageUrl(c);
  const { query, sort } = readFilter(c, ownerFilterNames);
  const { all: _, ...filter } = query;
  const listed = { query: { ...filter, user: id }, cursor: pageUrl.query.cursor, sort, limit: tokensPerPage };
  const { items, next_cursor, counts } = await readCountedPage(tokens, c, listed);
  return {
    pageUrl,
    tokens: items,
    names: await tokens.appNames(items),
    nextCursor: next_cursor,
    counts,
    sessions: await memberSessions.list(caller, id),
    currentSessionId: caller.sessionId,
    passkeys: await passkeys.listOf(caller, id),
    history: await readHistory(c, (page) => audit.list(caller, { user: id, ...page })),
    statusContext: statusContext(),
  };
}
