import { readdir, readFile } from 'node:fs/promises';

/** Secrets by kind. Each is looked for in every form that a program could have turned it into on the way. */
export class Canaries {
  readonly #values = new Map<string, string>();

  add(kind: string, value: string | undefined): string {
    if (value === undefined || value.length < 6) throw new Error(`No ${kind} to look for`);
    this.#values.set(kind, value);
    return value;
  }

  get(kind: string): string {
    return this.#values.get(kind) ?? '';
  }

  get kinds(): string[] {
    return [...this.#values.keys()];
  }

  /** The kinds that stand in this text, but for those that may. */
  in(text: string, ...allowed: string[]): string[] {
    const folded = text.toLowerCase();
    const stands = (value: string) => formsOf(value).some((form) => folded.includes(form.toLowerCase()));
    return [...this.#values].flatMap(([kind, value]) => (!allowed.includes(kind) && stands(value) ? [kind] : []));
  }
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  // Within a longer text the bits before it shift base64 by 0, 2 or 4: what is the same in each is looked for.
  const shifted = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    return whole.slice(before === 0 ? 0 : before + 1, -2);
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

/** Looks at every command line on this machine until told to stop. */
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
