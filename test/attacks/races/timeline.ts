/** Returns a counter that orders events in this process more finely than a clock. */
export function createTicks(): () => number {
  let ticks = 0;
  return () => {
    ticks += 1;
    return ticks;
  };
}

export interface Timeline<T> {
  /**
   * Runs a change that gives the fact a new value. The new value is possible from the start of the change; the old one is
   * impossible once the change has been acknowledged.
   */
  become(value: T, change: () => Promise<unknown> | unknown): Promise<void>;
  /** Returns the values that were possible at some time between two ticks. */
  between(from: number, to: number): T[];
}

/** Records a fact that one writer changes while others read it. */
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

/**
 * Returns the verdicts that were true at some time between two ticks: the reasons to deny, which come in the order of precedence,
 * and `allowed`.
 */
export function possibleVerdicts(
  reasons: ReadonlyArray<readonly [string, Timeline<boolean>]>,
  allowed: string,
  from: number,
  to: number,
): string[] {
  const candidates: string[] = [];
  for (const [reason, isTrue] of reasons) {
    const values = isTrue.between(from, to);
    if (values.includes(true)) candidates.push(reason);
    if (!values.includes(false)) return candidates;
  }
  return [...candidates, allowed];
}
