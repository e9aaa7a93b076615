/** Counts what happens in this process, in its order: finer than any clock. */
export function createTicks(): () => number {
  let ticks = 0;
  return () => {
    ticks += 1;
    return ticks;
  };
}

export interface Timeline<T> {
  /** Does what makes it so. From its beginning it may be so; once it is acknowledged, the value before cannot be. */
  become(value: T, change: () => Promise<unknown> | unknown): Promise<void>;
  /** What it may have been at any time between these ticks. */
  between(from: number, to: number): T[];
}

/** A fact that one writer changes while others ask about it. */
export function createTimeline<T>(tick: () => number, initial: T): Timeline<T> {
  const periods = [{ value: initial, from: 0, to: Number.POSITIVE_INFINITY }];
  return {
    async become(value, change) {
      const before = periods.at(-1);
      periods.push({ value, from: tick(), to: Number.POSITIVE_INFINITY });
      await change();
      if (before !== undefined) before.to = tick();
    },
    between: (from, to) => periods.filter((period) => period.from < to && period.to > from).map(({ value }) => value),
  };
}
