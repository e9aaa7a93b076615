/** A page as it is shown: its path, and what of its query its links and dialogs keep. What is empty is left out. */
export interface Place {
  path: string;
  query: Readonly<Record<string, string | undefined>>;
}

/** The place's address with `more` in its query. */
export function addressOf({ path, query }: Place, more: Place['query'] = {}): string {
  const search = new URLSearchParams(kept({ path, query: { ...query, ...more } }));
  return search.size === 0 ? path : `${path}?${search}`;
}

/** What the place's query holds. */
export function kept({ query }: Place): Array<[string, string]> {
  return Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
}
