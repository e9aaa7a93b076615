/**
 * The part of `Headers` that this program and Hono's client use. The build replaces the global `Headers` with this class,
 * because accessing Node's `Headers` loads all of `fetch`, which takes longer than the rest of this program's start.
 */
export class HeaderFields {
  readonly #fields = new Map<string, string>();

  constructor(fields: Iterable<readonly [string, string]> | Record<string, string> = []) {
    const pairs = Symbol.iterator in fields ? (fields as Iterable<readonly [string, string]>) : Object.entries(fields);
    for (const [name, value] of pairs) this.set(name, value);
  }

  get(name: string): string | null {
    return this.#fields.get(name.toLowerCase()) ?? null;
  }

  set(name: string, value: string): void {
    this.#fields.set(name.toLowerCase(), value);
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#fields[Symbol.iterator]();
  }
}

export { HeaderFields as Headers };
