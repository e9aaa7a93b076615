/** A pattern for `LIKE ? ESCAPE '!'` that finds `part` anywhere, its wildcards as the characters they are. */
export function containing(part: string): string {
  return `%${part.replace(/[!%_]/g, '!$&')}%`;
}
