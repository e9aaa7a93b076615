import type { AppContext, AppDeps } from '../../../http/context.ts';
import { readPage } from '../../../http/paging.ts';
import type { ListedAuditRecord, Page } from '../../../store/records.ts';
import type { HistoryPage } from './history.tsx';

/** How many events of its history a page shows. */
const eventsPerPage = 20;

/** Reads one page of a history. `?history` is the cursor of older events. */
export async function readHistory(
  c: AppContext,
  read: (page: Page) => Promise<ListedAuditRecord[]>,
): Promise<HistoryPage> {
  const cursor = c.req.query('history') || undefined;
  const { items, next_cursor } = await readPage({ limit: eventsPerPage, cursor }, read, (event) => event);
  return { events: items, nextCursor: next_cursor };
}

/** Reads one page of the audit events about an app, a client or something else that the caller has read. */
export function historyOfTarget({ audit }: Pick<AppDeps, 'audit'>, c: AppContext, id: string): Promise<HistoryPage> {
  return readHistory(c, (page) => audit.ofTarget(id, page));
}
