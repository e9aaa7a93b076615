/**
 * Returns the fields that differ from the values that a form was first shown with. Returns all fields if the form does not hold
 * these values. An edit sends only these, so that a change by somebody else is not undone.
 */
export function changedSince<T extends object>(fields: T, shown: T | undefined): Partial<T> {
  const before = new Map(Object.entries(shown ?? {}));
  const isChanged = ([name, value]: [string, unknown]) => comparable(value) !== comparable(before.get(name));
  return Object.fromEntries(Object.entries(fields).filter(isChanged)) as Partial<T>;
}

/** Text that is not a number became NaN, which differs from null. Only null removes the present value. */
function comparable(value: unknown): string | undefined {
  return Number.isNaN(value) ? 'invalid' : JSON.stringify(value);
}
