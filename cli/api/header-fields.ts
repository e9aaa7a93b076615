/**
 * As much of `Headers` as this program and Hono's client need. Node's own comes with its whole `fetch`, which takes longer
 * to load than everything else here; the build puts this one in its place, under its name.
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
