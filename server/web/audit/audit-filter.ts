import { z } from 'zod';
import { auditActions } from '../../../shared/schemas/audit.ts';
import type { AuditQuery } from '../../domain/audit-log.ts';
import type { AppContext } from '../../http/context.ts';

/** The text of each filter field. An empty field does not filter. */
export interface FilterValues {
  user: string;
  action: string;
  from: string;
  until: string;
}

export type AuditFilter = Pick<AuditQuery, 'user' | 'action' | 'since' | 'until'>;

const dayMs = 24 * 60 * 60 * 1000;
const dateSchema = z.iso.date('Enter a date such as 2026-11-23.').transform((date) => Date.parse(date));
const schemas = {
  user: z.string(),
  action: z.enum(auditActions, 'Choose one of the listed actions.'),
  from: dateSchema,
  until: dateSchema,
};

/** Reads the filter from the query. Dates are whole UTC days, `until` included. `errors` has a message per field. */
export function readAuditFilter(c: AppContext): {
  values: FilterValues;
  filter: AuditFilter;
  errors: Partial<FilterValues>;
} {
  const values = { user: '', action: '', from: '', until: '' };
  const errors: Partial<FilterValues> = {};
  const read = <K extends keyof FilterValues>(name: K): z.infer<(typeof schemas)[K]> | undefined => {
    values[name] = c.req.query(name)?.trim() ?? '';
    if (values[name] === '') return undefined;
    const parsed = schemas[name].safeParse(values[name]);
    if (!parsed.success) errors[name] = parsed.error.issues[0]?.message ?? '';
    return parsed.data as z.infer<(typeof schemas)[K]> | undefined;
  };
  const [user, action, since, lastDay] = [read('user'), read('action'), read('from'), read('until')];
  const filter = {
    ...(user !== undefined && { user }),
    ...(action !== undefined && { action }),
    ...(since !== undefined && { since }),
    ...(lastDay !== undefined && { until: lastDay + dayMs }),
  };
  return { values, filter, errors };
}
