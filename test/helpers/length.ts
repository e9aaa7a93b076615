/**
 * Whether tests that repeat something run at full length. `npm run test:long` sets `TOKENS_TEST_LENGTH=full`. The checks are the
 * same at either length; only the number of repetitions differs.
 */
export const isFullLength = process.env.TOKENS_TEST_LENGTH === 'full';

/** Returns how many examples a property test tries: ten times as many at full length. */
export const numRuns = (usual: number): number => (isFullLength ? 10 * usual : usual);
