import { z } from 'zod';
import { auditActions } from '../../../shared/schemas/audit.ts';
import type { AuditQuery } from '../../domain/audit.ts';
import type { AppContext } from '../../http/context.ts';

/** The filter's fields as they were typed; what is empty does not narrow. */
export interface TypedFilter {
  user: string;
  action: string;
  from: string;
  until: string;
}

export type AuditFilter = Pick<AuditQuery, 'user' | 'action' | 'since' | 'until'>;

const dayMs = 24 * 60 * 60 * 1000;
const dateSchema = z.iso.date('This is not a date, such as 2026-11-23.').transform((date) => Date.parse(date));
const schemas = {
  user: z.string(),
  action: z.enum(auditActions, 'There is no such action.'),
  from: dateSchema,
  until: dateSchema,
};

/** The filter of the address: days are whole days in UTC, the last one included. `errors` by field. */
export function readAuditFilter(c: AppContext): {
  typed: TypedFilter;
  filter: AuditFilter;
  errors: Partial<TypedFilter>;
} {
  const typed = { user: '', action: '', from: '', until: '' };
  const errors: Partial<TypedFilter> = {};
  const read = <K extends keyof TypedFilter>(name: K): z.infer<(typeof schemas)[K]> | undefined => {
    typed[name] = c.req.query(name)?.trim() ?? '';
    if (typed[name] === '') return undefined;
    const parsed = schemas[name].safeParse(typed[name]);
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
  return { typed, filter, errors };
}
