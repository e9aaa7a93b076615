import type { AppContext, AppDeps } from '../../http/context.ts';
import { idParamSchema } from '../../http/validate.ts';
import type { ServiceAccountSummary } from '../../store/records.ts';
import { historyOfTarget } from '../audit/history/read-history.ts';
import type { PageUrl } from '../shell/page-url.ts';
import { ownerFilterNames, readFilter, validValues } from '../tokens/all/token-filters.ts';
import { readPageOfOwner } from '../tokens/list/counted-page.ts';
import { readPreselected } from '../tokens/selection/selection-bar.tsx';
import { serviceAccountPath } from './service-account-paths.ts';

export type AccountDeps = Pick<
  AppDeps,
  'serviceAccounts' | 'tokens' | 'usage' | 'trusts' | 'apps' | 'audit' | 'clock' | 'statusContext' | 'config'
>;

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
  const owner = { serviceAccount: account.name };
  const { items, next_cursor, counts, filter } = await readPageOfOwner(tokens, c, owner, {
    cursor: pageUrl.query.cursor,
  });
  return {
    account,
    pageUrl,
    tokens: items,
    names: await tokens.appNames(items),
    nextCursor: next_cursor,
    counts,
    filter,
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
  const query = { ...validValues(readFilter(c, ownerFilterNames)), cursor: c.req.query('cursor') || undefined };
  return { path: serviceAccountPath(id), query };
}
