import type { EditAppBody } from '../../../shared/schemas/apps.ts';
import type { AppRecord } from '../../store/records.ts';
import type { AuditedFields } from '../changed-fields.ts';

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

/** Returns the fields for an audit event. A list becomes one line for each of its items. */
export function auditedFields(app: AppFields): AuditedFields {
  return {
    url: app.url,
    hosts: app.hosts.join('\n') || null,
    groups: app.groups.join('\n') || null,
    max_expiry: app.maxExpirySeconds === null ? null : String(app.maxExpirySeconds),
    preflight: app.preflight,
  };
}
