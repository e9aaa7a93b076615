/** The result of one check, printed as one line. */
export interface Check {
  /** What was checked, such as `database rights`. */
  name: string;
  /**
   * `warning`: works, but probably not as intended. `failed`: does not work until somebody changes it. `skipped`: cannot be
   * checked yet.
   */
  state: 'ok' | 'warning' | 'skipped' | 'failed';
  /** What was found and, unless `ok`, what to do about it. */
  detail: string;
}

/** A part of the set-up that is checked in one go, in parallel with the others. */
export interface CheckGroup {
  /** The name of the line that reports that the group took too long or failed unexpectedly. */
  name: string;
  run(): Promise<Check[]>;
}

/** The checks of all groups, in the order of the groups. */
export interface Outcome {
  checks: Check[];
  /** Whether a group was abandoned, so that its connections may still be open. */
  abandoned: boolean;
}

/** Runs all groups at the same time, each for at most `limitMs`. Never throws. */
export async function runChecks(groups: readonly CheckGroup[], limitMs: number): Promise<Outcome> {
  const results = await Promise.all(groups.map((group) => runWithin(group, limitMs)));
  return {
    checks: results.flatMap(({ checks }) => checks),
    abandoned: results.some(({ abandoned }) => abandoned),
  };
}

async function runWithin({ name, run }: CheckGroup, limitMs: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Outcome>((resolve) => {
    const detail = `There is no result after ${limitMs / 1000} seconds. Check the network between this machine and that server.`;
    timer = setTimeout(() => resolve({ checks: [{ name, state: 'failed', detail }], abandoned: true }), limitMs);
  });
  try {
    return await Promise.race([run().then((checks) => ({ checks, abandoned: false })), timeout]);
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'The check failed unexpectedly.';
    return { checks: [{ name, state: 'failed', detail }], abandoned: false };
  } finally {
    clearTimeout(timer);
  }
}

/** Returns one line per check, with the names aligned. */
export function formatChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.map(({ name, state, detail }) => `${state.padEnd(7)}  ${name.padEnd(width)}  ${detail}\n`).join('');
}
