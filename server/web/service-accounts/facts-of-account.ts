import { tokenStatusSchema } from '../../../shared/schemas/tokens/tokens.ts';
import type { AppContext, AppDeps } from '../../http/context.ts';
import { readPage } from '../../http/paging.ts';
import { idParamSchema } from '../../http/validate.ts';
import type { ServiceAccountSummary } from '../../store/records.ts';
import { historyOfTarget } from '../audit/history/read-history.ts';
import type { PageUrl } from '../shell/page-url.ts';
import type { FilterName } from '../tokens/all/token-filters.ts';
import { maxCount } from '../tokens/list/attention.ts';
import { readPreselected } from '../tokens/selection/selection-bar.tsx';
import { serviceAccountPath } from './service-account-paths.ts';

export type AccountDeps = Pick<
  AppDeps,
  'serviceAccounts' | 'tokens' | 'usage' | 'trusts' | 'apps' | 'audit' | 'clock' | 'statusContext' | 'config'
>;

/** The filters of the list of its tokens. */
export const accountFilterNames = ['q', 'status'] as const satisfies FilterName[];

/** Returns the service account in the path. @throws ProblemError `service-account-not-found`, also for one that the member does not see */
export function findAccount({ serviceAccounts }: AccountDeps, c: AppContext): Promise<ServiceAccountSummary> {
  return serviceAccounts.get(c.get('caller'), idParamSchema.parse({ id: c.req.param('id') }).id);
}

/** Reads what the page of a service account shows. */
export async function factsOfAccount(
  { tokens, trusts, audit, statusContext }: AccountDeps,
  c: AppContext,
  account: ServiceAccountSummary,
) {
  const caller = c.get('caller');
  const mayChange = await mayChangeAccount({ tokens }, c, account);
  const pageUrl = readPageUrl(c, account);
  const { q, cursor, status } = pageUrl.query;
  const filter = {
    serviceAccount: account.name,
    ...(q && { q }),
    ...(status && { status: tokenStatusSchema.parse(status) }),
  };
  const { items, next_cursor } = await readPage(
    { cursor },
    (page) => tokens.list(caller, { ...page, ...filter }),
    (token) => token,
  );
  return {
    account,
    pageUrl,
    tokens: items,
    names: await tokens.appNames(items),
    nextCursor: next_cursor,
    total: mayChange ? await tokens.count(caller, filter, maxCount + 1) : 0,
    preselected: readPreselected(c.req.query('select')),
    statusContext: statusContext(),
    history: await historyOfTarget({ audit }, c, account.id),
    mayChange,
    actsAsOwner: await tokens.actsAsOwner(caller, { ownerId: account.id, ownerKind: 'service-account' }),
    trusts: await trusts.ofServiceAccount(caller, account.id),
  };
}

/** Reports whether the member is a superuser or maintains the service account. An auditor only reads it. */
export async function mayChangeAccount(
  { tokens }: Pick<AccountDeps, 'tokens'>,
  c: AppContext,
  { id }: ServiceAccountSummary,
): Promise<boolean> {
  const caller = c.get('caller');
  return caller.user.superuser || tokens.actsAsOwner(caller, { ownerId: id, ownerKind: 'service-account' });
}

/** Returns the URL of the page about a service account, as its list of tokens is filtered. */
export function readPageUrl(c: AppContext, { id }: Pick<ServiceAccountSummary, 'id'>): PageUrl {
  const { q, status, cursor } = c.req.query();
  const query = {
    q: q?.trim() || undefined,
    status: tokenStatusSchema.safeParse(status).data,
    cursor: cursor || undefined,
  };
  return { path: serviceAccountPath(id), query };
}
