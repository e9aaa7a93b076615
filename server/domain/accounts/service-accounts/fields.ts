import type { UserRecord } from '../../../store/records.ts';
import type { AuditedFields } from '../../changed-fields.ts';
import { parseGroups } from '../groups.ts';

interface AccountState {
  account: Pick<UserRecord, 'description' | 'manualGroups'>;
  maintainers: ReadonlyArray<Pick<UserRecord, 'email'>>;
}

/** Returns the fields for the audit log, under the names that the API gives them. A list has one item a line. */
export function auditedFields({ account, maintainers }: AccountState): AuditedFields {
  return {
    description: account.description,
    maintainers: maintainers.map(({ email }) => email).join('\n') || null,
    groups: parseGroups(account.manualGroups).join('\n') || null,
  };
}

export const noFields: AuditedFields = { description: null, maintainers: null, groups: null };
