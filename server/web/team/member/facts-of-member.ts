import type { AppContext, AppDeps } from '../../../http/context.ts';
import type { UserSummary } from '../../../store/records.ts';
import { readHistory } from '../../audit/history/read-history.ts';
import { readPageOfOwner } from '../../tokens/list/counted-page.ts';
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
  const page = { cursor: pageUrl.query.cursor, limit: tokensPerPage };
  const { items, next_cursor, counts, filter } = await readPageOfOwner(tokens, c, { user: id }, page);
  return {
    pageUrl,
    tokens: items,
    names: await tokens.appNames(items),
    nextCursor: next_cursor,
    counts,
    filter,
    sessions: await memberSessions.list(caller, id),
    currentSessionId: caller.sessionId,
    passkeys: await passkeys.listOf(caller, id),
    history: await readHistory(c, (page) => audit.list(caller, { user: id, ...page })),
    statusContext: statusContext(),
  };
}
