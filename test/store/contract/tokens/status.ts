import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tokenStatus } from '../../../../server/domain/tokens/status.ts';
import type { TokenRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { tokenStatusSchema } from '../../../../shared/schemas/tokens/tokens.ts';
import { numRuns } from '../../../helpers/length.ts';
import { actor, addToken, addUser, noon, useOf } from '../records.ts';

// Few neighboring times, so that equal ones are common: the bounds are where the two could disagree.
const time = fc.integer({ min: noon - 1, max: noon + 1 });

const tokenCase = fc.record({
  disabled: fc.boolean(),
  canManageTokens: fc.boolean(),
  ssoSignedInAt: fc.option(time),
  expiresAt: fc.option(time),
  createdAt: time,
  usedAt: fc.option(time),
  pause: fc.option(fc.record({ at: time, until: fc.option(time), resumedAt: fc.option(time) })),
});

type TokenCase = typeof tokenCase extends fc.Arbitrary<infer T> ? T : never;

const statusContext = fc.record({ now: time, ssoStaleBefore: time, idleBefore: time }, { requiredKeys: ['now'] });

/** The rules for a token's status exist twice: as `tokenStatus` in the domain, and as SQL for filters and counts. */
export function statusContract(store: () => Store): void {
  it('agrees with the domain on the status of every token', async () => {
    const cases = fc.array(tokenCase, { minLength: 8, maxLength: 8 });
    const agreement = fc.asyncProperty(cases, statusContext, async (cases, context) => {
      const tokens = await store().transaction((store) => addAll(store, cases));

      for (const status of tokenStatusSchema.options) {
        const listed = await store().tokens.list({ limit: 1000, before: null, status, ...context });
        const found = tokens.filter(({ id }) => listed.some((token) => token.id === id));
        expect(found).toEqual(tokens.filter((token) => tokenStatus(token, context) === status));
      }
      for (const token of tokens) {
        const active = await store().tokens.countActiveOf(token.ownerId, context);
        expect(active).toBe(tokenStatus(token, context) === 'active' ? 1 : 0);
      }
    });
    await fc.assert(agreement, { numRuns: numRuns(12) });
  }, 60_000);
}

async function addAll(store: Store, cases: TokenCase[]): Promise<TokenRecord[]> {
  const ids: string[] = [];
  for (const { expiresAt, createdAt, usedAt, pause, ...owner } of cases) {
    const { id: ownerId } = await addUser(store, owner);
    const { id } = await addToken(store, ownerId, { expiresAt, createdAt });
    if (usedAt !== null) await store.tokens.recordUses([useOf(id, { at: usedAt })]);
    if (pause !== null) {
      await store.tokens.pause(id, { ...pause, reason: null, actor, bySuperuser: false });
      if (pause.resumedAt !== null) await store.tokens.resume(id, pause.resumedAt, true);
    }
    ids.push(id);
  }
  const newest = await store.tokens.list({ limit: ids.length, before: null, now: noon });
  expect(newest.map(({ id }) => id)).toEqual(ids.reverse());
  return newest;
}
