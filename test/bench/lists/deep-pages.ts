import { toTokenFilter } from '../../../server/domain/tokens/report/token-filter.ts';
import { cursorOf } from '../../../server/http/paging.ts';
import { readTokenPage } from '../../../server/http/tokens/token-page.ts';
import { type SortOrder, sortOrders } from '../../../shared/tokens/sort.ts';
import type { Member, TestApp } from '../../helpers/app/app.ts';
import { type ListSizes, seededId } from '../../helpers/lists/seed.ts';

const day = 86_400;
/** How many rows are before page 1,000, where a page has 50. */
const before = 999 * 50;

/** Filters that select enough tokens for page 1,000, as parameters and as `toTokenFilter` takes them. */
const filters = [
  {},
  ...(['active', 'expired', 'blocked'] as const).map((status) => ({ status })),
  { no_expiry: true },
  { unused_for: 90 * day },
  { unrotated_for: 90 * day },
  { never_used: true, unused_for: 30 * day },
  { exchanged: true },
];

/** Yields the paths of page 1,000 of the lists that have so many rows, for a superuser. */
export async function* deepPaths(app: TestApp, superuser: Member, sizes: ListSizes): AsyncGenerator<string> {
  const { store } = app;
  const { tokens } = app.services;
  const user = await store.users.findById(superuser.id);
  if (user === null) throw new Error('There is no superuser.');
  const caller = { user, sessionId: '', clientInfo: { ip: null, userAgent: null }, channel: 'console' as const };
  const listed = async (path: string, items: Promise<Array<{ id: string }>>) => {
    const last = (await items)[before - 1];
    return last === undefined ? [] : [`${path}cursor=${cursorOf(last.id)}`];
  };
  const page = { limit: before, before: null };
  for (const filter of filters) {
    const orders = Object.keys(filter).length === 0 || 'status' in filter ? sortOrders : ['-created'];
    for (const sort of orders.filter((order) => !order.endsWith('last_used')) as SortOrder[]) {
      const { next_cursor } = await readTokenPage({ limit: before, sort }, (query) =>
        tokens.list(caller, { ...query, ...toTokenFilter(filter), all: true }),
      );
      if (next_cursor === null) continue;
      const values = { ...filter, sort, cursor: next_cursor };
      const query = new URLSearchParams(
        Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]),
      );
      yield `/organization/tokens?${query}`;
      yield `/api/v1/tokens?all=true&${query}`;
    }
  }
  yield* await listed(
    '/organization/tokens?status=revoked&exchanged=true&',
    store.endedTokens.list({ ...page, exchanged: true }),
  );
  yield* await listed('/organization/team?', store.users.list(page));
  yield* await listed('/api/v1/users?', store.users.list(page));
  yield* await listed('/organization/audit?', store.audit.list(page));
  yield* await listed('/api/v1/audit?', store.audit.list(page));
  yield* await listed(
    '/organization/audit?action=token.created&',
    store.audit.list({ ...page, action: 'token.created' }),
  );
  const busy = 'member-1@example.com';
  const actor = { ids: [seededId(1, sizes.users)], emails: [busy] };
  yield* await listed(`/organization/audit?actor=${busy}&`, store.audit.list({ ...page, actor }));
  yield* await listed('/organization/audit?ip=203.0.113.9&', store.audit.list({ ...page, ips: ['203.0.113.9'] }));
  const webhook = seededId(7, 100);
  yield* await listed(
    `/api/v1/webhooks/${webhook}/deliveries?`,
    store.deliveries.list({ ...page, webhookId: webhook }),
  );
}
