import { readdir, readFile } from 'node:fs/promises';

/** The secrets of a test, by kind. Searches output for each of them and for its common encodings. */
export class Canaries {
  readonly #values = new Map<string, string>();

  add(kind: string, value: string | undefined): string {
    if (value === undefined || value.length < 6) throw new Error(`There is no ${kind} to search for`);
    this.#values.set(kind, value);
    return value;
  }

  get(kind: string): string {
    return this.#values.get(kind) ?? '';
  }

  get kinds(): string[] {
    return [...this.#values.keys()];
  }

  /** Returns the kinds of secrets that occur in the text, except the allowed ones. */
  foundIn(text: string, ...allowed: string[]): string[] {
    const folded = text.toLowerCase();
    const occurs = (value: string) => formsOf(value).some((form) => folded.includes(form.toLowerCase()));
    return [...this.#values].flatMap(([kind, value]) => (!allowed.includes(kind) && occurs(value) ? [kind] : []));
  }
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  // Inside a longer base64 text the secret is shifted by 0, 2 or 4 bits. Search for the part that is the same in each case.
  const shifted = [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64url');
    return whole.slice(offset === 0 ? 0 : offset + 1, -2);
  });
  const escaped = JSON.stringify(value).slice(1, -1);
  return [
    value,
    encodeURIComponent(value),
    escaped,
    bytes.toString('hex'),
    ...shifted.filter(({ length }) => length > 7),
  ];
}

/** Collects the command lines of all processes on this machine until `stop` is called. */
export function watchCommandLines(): { lines: Set<string>; stop(): Promise<void> } {
  const lines = new Set<string>();
  let watching = true;
  const watch = (async () => {
    while (watching) {
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        lines.add(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return {
    lines,
    stop: () => {
      watching = false;
      return watch;
    },
  };
}
