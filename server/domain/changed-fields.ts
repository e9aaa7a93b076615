import type { FieldChange } from '../store/records.ts';

/** The fields of a record as an audit event holds them, under the names that the API gives them. */
export type AuditedFields = Readonly<Record<string, FieldChange['from']>>;

/** Returns the fields that differ. */
export function changesBetween(before: AuditedFields, after: AuditedFields): FieldChange[] {
  return Object.keys(before)
    .map((field) => ({ field, from: before[field] ?? null, to: after[field] ?? null }))
    .filter(({ from, to }) => from !== to);
}
