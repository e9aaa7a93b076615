/**
 * Returns the fields that differ from what a form was shown with, or all fields if the form does not say that. An edit sends only these,
 * so that a change by somebody else is not undone.
 */
export function changedSince<T extends object>(fields: T, shown: T | undefined): Partial<T> {
  const before = new Map(Object.entries(shown ?? {}));
  const isChanged = ([name, value]: [string, unknown]) => comparable(value) !== comparable(before.get(name));
  return Object.fromEntries(Object.entries(fields).filter(isChanged)) as Partial<T>;
}

/** Text that is no number became NaN, which differs from null: only null removes the present value. */
function comparable(value: unknown): string | undefined {
  return Number.isNaN(value) ? 'invalid' : JSON.stringify(value);
}
