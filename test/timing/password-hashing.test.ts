import { expect, it } from 'vitest';
import { createPasswords } from '../../server/domain/accounts/passwords.ts';

const passwords = createPasswords();

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

it('hashing takes as long without a hash and for a very long password as for a wrong one', async () => {
  const hash = await passwords.hash('correct horse battery');
  const cases = {
    wrong: () => passwords.verify(hash, 'wrong horse battery'),
    noHash: () => passwords.verify(null, 'wrong horse battery'),
    veryLong: () => passwords.verify(hash, 'x'.repeat(60_000)),
  };
  const best = { wrong: Infinity, noHash: Infinity, veryLong: Infinity };
  for (let round = 0; round < 8; round += 1) {
    for (const name of ['wrong', 'noHash', 'veryLong'] as const) {
      best[name] = Math.min(best[name], await milliseconds(cases[name]));
    }
  }
  expect(best.noHash / best.wrong).toBeGreaterThan(0.6);
  expect(best.noHash / best.wrong).toBeLessThan(1.7);
  expect(best.veryLong / best.wrong).toBeGreaterThan(0.6);
  expect(best.veryLong / best.wrong).toBeLessThan(1.7);
});
