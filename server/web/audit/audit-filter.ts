import { z } from 'zod';
import { auditActions } from '../../../shared/audit-actions.ts';
import { searchSchema } from '../../../shared/schemas/audit.ts';
import type { AuditQuery } from '../../domain/audit-log.ts';
import type { AppContext } from '../../http/context.ts';

/** The text of each filter field. An empty field does not filter. */
export interface FilterValues {
  /** The actor, owner or target. No form has this field: only links set it. */
  user: string;
  actor: string;
  owner: string;
  target: string;
  ip: string;
  action: string;
  from: string;
  until: string;
}

const noFilter: FilterValues = { user: '', actor: '', owner: '', target: '', ip: '', action: '', from: '', until: '' };

export type AuditFilter = Omit<AuditQuery, 'limit' | 'before'>;

const dayMs = 24 * 60 * 60 * 1000;
const dateSchema = z.iso.date('Choose a valid date.').transform((date) => Date.parse(date));
const schemas = {
  user: z.string(),
  actor: searchSchema('The actor'),
  owner: searchSchema('The owner'),
  target: searchSchema('The target'),
  ip: searchSchema('The address'),
  action: z.enum(auditActions, 'Choose one of the listed actions.'),
  from: dateSchema,
  until: dateSchema,
};

/** Reports whether a field has a value. */
export function isFiltered(values: FilterValues): boolean {
  return Object.values(values).some((value) => value !== '');
}

/** The fields that filter a member's own events. */
export const activityFields = ['target', 'action', 'from', 'until'] as const satisfies Array<keyof FilterValues>;

/**
 * Reads the filter from those fields of the query that the list has. Dates are whole UTC days, and the day of `until` is
 * included. `errors` has a message for each wrong field.
 */
export function readAuditFilter(
  c: AppContext,
  fields: ReadonlyArray<keyof FilterValues> = Object.keys(noFilter) as Array<keyof FilterValues>,
): {
  values: FilterValues;
  filter: AuditFilter;
  errors: Partial<FilterValues>;
} {
  const values = { ...noFilter };
  const errors: Partial<FilterValues> = {};
  const read = <K extends keyof FilterValues>(name: K): z.infer<(typeof schemas)[K]> | undefined => {
    values[name] = fields.includes(name) ? (c.req.query(name)?.trim() ?? '') : '';
    if (values[name] === '') return undefined;
    const parsed = schemas[name].safeParse(values[name]);
    if (!parsed.success) errors[name] = parsed.error.issues[0]?.message ?? '';
    return parsed.data as z.infer<(typeof schemas)[K]> | undefined;
  };
  const [user, actor, owner, target, ip] = [read('user'), read('actor'), read('owner'), read('target'), read('ip')];
  const [action, since, lastDay] = [read('action'), read('from'), read('until')];
  if (since !== undefined && lastDay !== undefined && lastDay < since)
    errors.until = 'Choose a day that is not before “From”.';
  const filter = {
    ...(user !== undefined && { user }),
    ...(actor !== undefined && { actor }),
    ...(owner !== undefined && { owner }),
    ...(target !== undefined && { target }),
    ...(ip !== undefined && { ip }),
    ...(action !== undefined && { action }),
    ...(since !== undefined && { since }),
    ...(lastDay !== undefined && { until: lastDay + dayMs }),
  };
  return { values, filter, errors };
}
