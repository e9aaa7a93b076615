import { describe, expect, it } from 'vitest';
import { createIdlePolicy, idleGraceMs } from '../../../server/domain/tokens/idle.ts';

const day = 24 * 60 * 60 * 1000;
const served = (days: number, firstServedAt: number) => ({
  policy: 'max-idle' as const,
  valueMs: days * day,
  firstServedAt,
});

describe('the limit for idle tokens', () => {
  it('comes into force 14 days after the database was first served with it', () => {
    const { maxIdleAt } = createIdlePolicy([served(90, 1000)]);
    expect([maxIdleAt(1000), maxIdleAt(1000 + idleGraceMs - 1), maxIdleAt(1000 + idleGraceMs)]).toEqual([
      null,
      null,
      90 * day,
    ]);
  });

  it('stays as long as before until a shorter one comes into force', () => {
    const { maxIdleAt } = createIdlePolicy([served(30, 100 * day), served(60, 95 * day), served(90, 0)]);
    expect([108, 109, 113, 114].map((days) => maxIdleAt(days * day))).toEqual(
      [90, 60, 60, 30].map((days) => days * day),
    );
  });

  it('does not exist without the setting', () => {
    expect(createIdlePolicy([]).maxIdleAt(1e15)).toBeNull();
  });
});
