/**
 * Whether tests that repeat something run at full length. `npm run test:long` sets `TOKENS_TEST_LENGTH=full`. At full length,
 * tests repeat more, wait longer and allow shorter stalls.
 */
export const isFullLength = process.env.TOKENS_TEST_LENGTH === 'full';

/** Returns how many examples a property test tries: ten times as many at full length. */
export const numRuns = (usual: number): number => (isFullLength ? 10 * usual : usual);
