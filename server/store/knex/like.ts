/** Returns a pattern for `LIKE ? ESCAPE '!'` that matches `part` anywhere. Wildcards in `part` match literally. */
export function containing(part: string): string {
  return `%${part.replace(/[!%_]/g, '!$&')}%`;
}
