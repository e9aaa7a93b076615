/** Path of the search. `q` is the text to search for. */
export const searchPath = '/search';

/** Where a search for a secret leads, so that the secret stays neither in the address bar nor in the history. */
export const refusedPath = `${searchPath}?refused=value`;
