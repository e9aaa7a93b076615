/** Claims as they arrived: anything that JSON can hold. */
export type Claims = Record<string, unknown>;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Returns the value of a claim, or undefined if it is missing. `path` is the name of a claim or, if there is none with that
 * name, a path such as `realm_access.roles`. A key on the path may contain dots itself.
 */
export function lookUp(claims: unknown, path: string): unknown {
  if (!isRecord(claims)) return undefined;
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const key = path.slice(0, dot);
    const found = Object.hasOwn(claims, key) ? lookUp(claims[key], path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Reads a boolean that may have become text or a number on its way. Returns null if the value says neither yes nor no. */
export function readBoolean(value: unknown): boolean | null {
  if (typeof value === 'object') return null;
  const word = String(value).trim().toLowerCase();
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : null;
}

/**
 * Reads a text, also as the only entry of a list. Returns null for anything else and for an empty text, with which a provider
 * says no more than without the claim (OIDC Core §5.3.2).
 */
export function readText(value: unknown): string | null {
  const [only, ...more] = Array.isArray(value) ? value : [value];
  return typeof only === 'string' && more.length === 0 && only.trim() !== '' ? only : null;
}
