/**
 * Returns a function that remembers the results of `compute` for texts of at most `maxLength` characters. It remembers at most
 * `maxEntries` texts with `maxCharacters` together, so that clients and members cannot fill the memory, and forgets the oldest ones.
 */
export function memoize<T>(
  compute: (text: string) => T,
  { maxEntries, maxLength, maxCharacters = maxEntries * maxLength }: MemoryBounds,
): (text: string) => T {
  const results = new Map<string, { result: T }>();
  let characters = 0;
  return (text) => {
    const remembered = results.get(text);
    if (remembered !== undefined) return remembered.result;
    const result = compute(text);
    if (text.length > maxLength) return result;
    results.set(text, { result });
    characters += text.length;
    for (const oldest of results.keys()) {
      if (results.size <= maxEntries && characters <= maxCharacters) break;
      results.delete(oldest);
      characters -= oldest.length;
    }
    return result;
  };
}

interface MemoryBounds {
  maxEntries: number;
  maxLength: number;
  maxCharacters?: number;
}
