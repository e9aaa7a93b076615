import { limits } from '../../../../../shared/limits.ts';
import type { NotChecked } from '../../../../../shared/schemas/tokens/request-tests.ts';
import type { AppRecord, TokenRecord } from '../../../../store/records.ts';
import type { Store } from '../../../../store/store.ts';
import type { GateRequest, RequestVerdict } from '../../verify.ts';
import { type AppNames, readableRules } from '../shown-rules.ts';

/** Returns the request of a test as one for no app if the token may be used for no app that exists, because all requests are denied then. */
export function denyingAll({ rules }: Pick<TokenRecord, 'rules'>, request: GateRequest, names: AppNames): GateRequest {
  const { apps } = readableRules(rules);
  const isForNone = apps !== null && !apps.some((id) => names.has(id));
  if (request.app !== undefined || !isForNone) return request;
  return { ...request, app: null };
}

/** Returns what a test did not check about a request that it allows, and whether that may deny the request. */
export async function findUnchecked(
  store: Pick<Store, 'apps'>,
  { rules }: Pick<TokenRecord, 'rules'>,
  verdict: RequestVerdict,
  request: GateRequest,
): Promise<{ notChecked: readonly NotChecked[]; isConditional: boolean }> {
  if (!verdict.allowed) return { notChecked: [], isConditional: false };
  const { apps, networks, enforce } = readableRules(rules);
  const lacksApp = request.app === undefined;
  const dependsOnGroups = lacksApp && (await someAppDenies(store, enforce ? apps : null, verdict.groups.names));
  const notChecked: NotChecked[] = [
    ...(lacksApp && apps !== null ? ['app' as const] : []),
    ...(dependsOnGroups ? ['group' as const] : []),
    ...(request.ip === undefined && networks !== null ? ['network' as const] : []),
  ];
  return { notChecked, isConditional: enforce ? notChecked.length > 0 : dependsOnGroups };
}

/** Reports whether one of these apps is for groups without the owner. Null: one of all apps. */
async function someAppDenies(
  store: Pick<Store, 'apps'>,
  ids: readonly string[] | null,
  ownerGroups: readonly string[],
): Promise<boolean> {
  const denies = ({ id, groups }: AppRecord) =>
    (ids === null || ids.includes(id)) && groups.length > 0 && !groups.some((group) => ownerGroups.includes(group));
  let before: string | null = null;
  for (;;) {
    const page: AppRecord[] = await store.apps.list({ limit: limits.maxPageSize, before });
    if (page.some(denies)) return true;
    if (page.length < limits.maxPageSize) return false;
    before = page.at(-1)?.id ?? null;
  }
}
