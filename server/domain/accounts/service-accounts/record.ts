import type { AuditAction } from '../../../../shared/audit-actions.ts';
import type { FieldChange, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { type Operator, operatorActor } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { Notifier } from '../../notifications/notifier.ts';

export interface ServiceAccountDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  notifier: Notifier;
}

/** Writes the audit event of a change of a service account. */
export function record(
  { auditTrail, clock }: ServiceAccountDeps,
  store: Store,
  operator: Operator,
  what: { action: AuditAction; account: UserRecord; changes?: FieldChange[] },
): Promise<void> {
  const event = { at: clock.now(), actor: operatorActor(operator), clientInfo: operator.clientInfo };
  return auditTrail.serviceAccount(store, { ...event, ...what });
}
