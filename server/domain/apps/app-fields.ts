import type { EditAppBody } from '../../../shared/schemas/apps.ts';
import type { AppRecord, FieldChange } from '../../store/records.ts';

export type AppFields = Pick<AppRecord, 'url' | 'hosts' | 'groups' | 'maxExpirySeconds' | 'preflight'>;

export const defaultFields: AppFields = { url: null, hosts: [], groups: [], maxExpirySeconds: null, preflight: 'deny' };

/** Returns the fields of a body as the store names them. Lists are sorted, as the store returns them. */
export function fieldsOf({ url, hosts, groups, max_expiry: maxExpiry, preflight }: EditAppBody): Partial<AppFields> {
  return {
    ...(url !== undefined && { url }),
    ...(hosts !== undefined && { hosts: [...hosts].sort() }),
    ...(groups !== undefined && { groups: [...groups].sort() }),
    ...(maxExpiry !== undefined && { maxExpirySeconds: maxExpiry }),
    ...(preflight !== undefined && { preflight }),
  };
}

/** Returns the fields that differ, under the names that the API gives them. A list becomes one line for each of its items. */
export function changesBetween(before: AppFields, after: AppFields): FieldChange[] {
  const [from, to] = [auditedFields(before), auditedFields(after)];
  return Object.keys(from)
    .map((field) => ({ field, from: from[field] ?? null, to: to[field] ?? null }))
    .filter((change) => change.from !== change.to);
}

function auditedFields(app: AppFields): Record<string, string | null> {
  return {
    url: app.url,
    hosts: app.hosts.join('\n') || null,
    groups: app.groups.join('\n') || null,
    max_expiry: app.maxExpirySeconds === null ? null : String(app.maxExpirySeconds),
    preflight: app.preflight,
  };
}
