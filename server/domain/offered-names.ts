/** Names for a form to offer. */
export interface OfferedNames {
  names: readonly string[];
  /** Whether there are more names than a form offers. */
  more: boolean;
}

const maxOffered = 500;

/** Reads the names that a form offers. `read` returns at most `limit` names. */
export async function offerNames(read: (limit: number) => Promise<string[]>): Promise<OfferedNames> {
  const names = await read(maxOffered + 1);
  return { names: names.slice(0, maxOffered), more: names.length > maxOffered };
}
