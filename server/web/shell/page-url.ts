/** The URL of a page: its path, and the query that its links and dialogs preserve. Empty parameters are omitted. */
export interface PageUrl {
  path: string;
  query: Readonly<Record<string, string | undefined>>;
}

/** Returns the address as text. `changes` adds or replaces query parameters. */
export function formatUrl({ path, query }: PageUrl, changes: PageUrl['query'] = {}): string {
  const search = new URLSearchParams(queryEntries({ path, query: { ...query, ...changes } }));
  return search.size === 0 ? path : `${path}?${search}`;
}

/** Returns the query's parameters that are not empty. */
export function queryEntries({ query }: PageUrl): Array<[string, string]> {
  return Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
}
