/**
 * Returns a function that remembers the results of `compute`. It remembers at most `maxEntries` texts of at most
 * `maxLength` characters, so that clients and members cannot fill the memory, and forgets all of them when it is full.
 */
export function memoize<T>(
  compute: (text: string) => T,
  { maxEntries, maxLength }: { maxEntries: number; maxLength: number },
): (text: string) => T {
  const results = new Map<string, { result: T }>();
  return (text) => {
    const remembered = results.get(text);
    if (remembered !== undefined) return remembered.result;
    const result = compute(text);
    if (text.length > maxLength) return result;
    if (results.size >= maxEntries) results.clear();
    results.set(text, { result });
    return result;
  };
}
