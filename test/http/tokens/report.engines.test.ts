import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import type { TokenReport } from '../../../shared/schemas/tokens/reports.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { reportedTokens } from '../../../shared/tokens/report.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { addToken, addUser, useOf } from '../../store/contract/records.ts';

const day = 24 * 60 * 60 * 1000;
const engines = useEngines();

/** Days before now at which something happened. Some lie at a bound of the report, or beside it. */
const age = fc.constantFrom(0, 7, 29, 30, 31, 89, 90, 91, 364, 365, 366);
const tokenCase = fc.record({
  disabled: fc.boolean(),
  paused: fc.boolean(),
  created: age,
  used: fc.option(age),
  rotated: fc.option(age),
  expires: fc.option(fc.constantFrom(-1, 1, 7, 8)),
});
type TokenCase = typeof tokenCase extends fc.Arbitrary<infer T> ? T : never;

const plain: TokenCase = { disabled: false, paused: false, created: 0, used: 0, rotated: null, expires: 8 };

async function addCase(store: Store, now: number, { disabled, paused, created, used, rotated, expires }: TokenCase) {
  const at = (days: number) => now - days * day;
  const expiresAt = expires === null ? null : now + expires * day;
  const owner = await addUser(store, { disabled });
  const { id, hash } = await addToken(store, owner.id, { createdAt: at(created), expiresAt });
  if (used !== null) await store.tokens.recordUses([useOf(id, { at: at(used) })]);
  if (paused) {
    const actor = { kind: 'user' as const, id: owner.id, email: owner.email };
    await store.tokens.pause(id, { at: now, until: null, reason: null, actor, bySuperuser: false });
  }
  if (rotated === null) return;
  const value = { hash: `${hash} rotated`, prefix: 'tok_rotated1', at: at(rotated), validUntil: now, expiresAt };
  await store.transaction((store) =>
    store.tokens.rotate(id, { ...value, lifetimeMs: null, selfRotated: false, replacesUnused: false }),
  );
}

describe.each(['SQLite', 'PostgreSQL'] as const)('the report on tokens on %s', (engine) => {
  let app: Awaited<ReturnType<typeof openTestApp>>;
  beforeAll(async () => {
    app = await openTestApp({}, engines[engine]());
    return app.close;
  });
  const report = async () => {
    const { as_of: asOf, ...counts } = await jsonOf<TokenReport>(app.ask('/api/v1/reports/tokens', { as: app.root }));
    expect(asOf).toBe(new Date(app.clock.now()).toISOString());
    return counts;
  };
  const add = (...cases: Array<Partial<TokenCase>>) =>
    app.store.transaction(async (store) => {
      for (const changes of cases) await addCase(store, app.clock.now(), { ...plain, ...changes });
    });

  it('counts what the contract names, whatever the status', async () => {
    const before = await report();
    await add(
      {},
      { expires: null },
      { expires: null, paused: true },
      { created: 30, used: null },
      { created: 31, used: null },
      { created: 31, used: null, expires: -1 },
      { created: 91, used: 90 },
      { created: 91, used: 91 },
      { created: 366, used: 0 },
      { created: 366, used: 0, rotated: 364 },
      { created: 365, used: 0 },
      { expires: 7 },
      { expires: 7, disabled: true },
      { expires: -1 },
      { disabled: true },
    );
    const after = await report();
    expect(
      Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - before[name as never]])),
    ).toEqual({
      active: 10,
      never_expiring: 2,
      never_used: 2,
      unused: 1,
      unrotated: 1,
      expiring: 2,
      owner_disabled: 2,
      // Service accounts, not tokens.
      orphaned: 0,
    });
  });

  it('counts as many tokens as the list has that its filter gives', async () => {
    const agreement = fc.asyncProperty(fc.array(tokenCase, { minLength: 5, maxLength: 5 }), async (cases) => {
      await add(...cases);
      const { orphaned: _, ...counts }: Record<string, number> = await report();
      expect(Object.keys(counts).sort()).toEqual(Object.keys(reportedTokens).sort());
      for (const [name, { query }] of Object.entries(reportedTokens)) {
        expect([name, await lengthOf(app, query)]).toEqual([name, counts[name]]);
      }
    });
    await fc.assert(agreement, { numRuns: 8 });
  }, 60_000);
});

/** Returns the length of the list of all tokens that a query selects, page by page. */
async function lengthOf(app: TestApp, query: object): Promise<number> {
  let length = 0;
  for (let cursor: string | null = ''; cursor !== null; ) {
    const parameters = new URLSearchParams({ all: 'true', limit: '40' });
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
    if (cursor !== '') parameters.set('cursor', cursor);
    const page = await jsonOf<{ items: Token[]; next_cursor: string | null }>(
      app.ask(`/api/v1/tokens?${parameters}`, { as: app.root }),
    );
    length += page.items.length;
    cursor = page.next_cursor;
  }
  return length;
}
