/** Node's list of the fields of a request's header: name, value, name, value, …; latin1. A repeated field is still seen. */
export type RawHeaders = readonly string[];

/**
 * The value of a field: undefined if it was not sent, null if more than once. `name` is lower-case. Makes nothing but its
 * answer: verification reads eight fields of every request.
 */
export function fieldOf(rawHeaders: RawHeaders, name: string): string | null | undefined {
  let found: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const field = rawHeaders[i] ?? '';
    if (field.length !== name.length || field.toLowerCase() !== name) continue;
    if (found !== undefined) return null;
    found = rawHeaders[i + 1] ?? '';
  }
  return found;
}

/** The value of a field that is there once and not empty. A repeated field is somebody's addition: neither counts. */
export function onlyValue(rawHeaders: RawHeaders, name: string): string | null {
  return fieldOf(rawHeaders, name) || null;
}
