import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tokenStatus, workingPreviousValue } from '../../../../../server/domain/tokens/status.ts';
import type { StatusContext, TokenRecord } from '../../../../../server/store/records.ts';
import type { Store } from '../../../../../server/store/store.ts';
import type { TokenFilter } from '../../../../../server/store/token-filter.ts';
import { tokenStatusSchema } from '../../../../../shared/schemas/tokens/tokens.ts';
import { actor, addToken, addUser, newDenied, newToken, noon, useOf } from '../../records.ts';

// Few neighboring times, so that equal ones are common: a filter could err at its bounds.
const time = fc.integer({ min: noon - 3, max: noon + 3 });
const duration = fc.integer({ min: 0, max: 3 });

const tokenCase = fc.record({
  // A canary is never rotated.
  canary: fc.boolean(),
  disabled: fc.boolean(),
  createdAt: time,
  expiresAt: fc.option(time),
  usedBefore: fc.option(time),
  rotation: fc.option(fc.record({ at: time, until: time, used: fc.option(time), previousUsed: fc.option(time) })),
  paused: fc.boolean(),
  denied: fc.array(time, { maxLength: 2 }),
});
type TokenCase = typeof tokenCase extends fc.Arbitrary<infer T> ? T : never;

/** What the test knows of a token: what happened to it, and its record. */
interface KnownToken extends TokenCase {
  record: TokenRecord;
}

/** One condition. With several in most filters, hardly any token would match. */
const condition: fc.Arbitrary<TokenFilter> = fc.oneof(
  fc.record({ status: fc.constantFrom(...tokenStatusSchema.options) }),
  fc.record({ unusedForMs: duration }),
  fc.constant({ exchanged: true as const }),
  fc.constant({ neverUsed: true as const }),
  fc.constant({ noExpiry: true as const }),
  fc.constant({ twoValues: true as const }),
  fc.record({ unrotatedForMs: duration }),
  fc.record({ expiringWithinMs: duration }),
  fc.record({ deniedWithinMs: duration }),
  fc.record({ canaries: fc.constantFrom(false as const, 'only' as const, 'used' as const) }),
);
const filter = fc.oneof(
  { weight: 3, arbitrary: condition },
  { weight: 1, arbitrary: fc.tuple(condition, condition).map(([one, other]) => ({ ...one, ...other })) },
);

/** The definition of each filter. */
const definitions: {
  [Name in keyof TokenFilter]-?: (
    token: KnownToken,
    wanted: NonNullable<TokenFilter[Name]>,
    context: StatusContext,
  ) => boolean;
} = {
  status: ({ record }, status, context) => tokenStatus(record, context) === status,
  canaries: ({ record }, wanted) =>
    wanted === false ? !record.canary : record.canary && (wanted === 'only' || record.lastUse !== null),
  exchanged: ({ record }) => record.trustId !== null,
  unusedForMs: (token, ms, { now }) => Math.max(token.createdAt, ...usesOf(token)) < now - ms,
  neverUsed: (token) => !isUsed(token),
  noExpiry: ({ expiresAt }) => expiresAt === null,
  twoValues: ({ record }, _, { now }) => workingPreviousValue(record, now) !== null,
  unrotatedForMs: ({ createdAt, rotation }, ms, { now }) =>
    createdAt < now - ms && (rotation === null || rotation.at < now - ms),
  deniedWithinMs: ({ denied }, ms, { now }) => denied.some((at) => at > now - ms),
  expiringWithinMs: ({ expiresAt }, ms, { now }) => expiresAt !== null && expiresAt > now && expiresAt <= now + ms,
};

function isSelected(token: KnownToken, filter: TokenFilter, context: StatusContext): boolean {
  // Filters by times leave canaries out, unless a filter asks for them.
  const { status: _, exchanged: _exchanged, canaries, ...times } = filter;
  if (canaries === undefined && Object.keys(times).length > 0 && token.record.canary) return false;
  return Object.entries(filter).every(([name, wanted]) =>
    definitions[name as keyof TokenFilter](token, wanted as never, context),
  );
}

function usesOf({ usedBefore, rotation }: TokenCase): number[] {
  return [usedBefore, rotation?.used ?? null, rotation?.previousUsed ?? null].filter((use) => use !== null);
}

function isUsed(token: TokenCase): boolean {
  return usesOf(token).length > 0;
}

/** Filters select what their definitions say, and a count is always the length of the list. */
export function tokenFilterContract(store: () => Store): void {
  it('lists and counts the tokens that the definition of a filter selects', async () => {
    const cases = fc.array(tokenCase, { minLength: 8, maxLength: 8 });
    const filters = fc.array(filter, { minLength: 5, maxLength: 5 });
    const contexts = fc.record({ now: time, idleBefore: time }, { requiredKeys: ['now'] });
    const agreement = fc.asyncProperty(cases, filters, contexts, async (cases, filters, context) => {
      const tokens = await store().transaction((store) => addAll(store, cases));
      const counts = await store().tokens.countMatching(filters, context);

      for (const [index, filter] of filters.entries()) {
        const listed = await store().tokens.list({ limit: 10_000, before: null, ...filter, ...context });
        const ids = new Set(listed.map(({ id }) => id));
        const expected = tokens.filter((token) => isSelected(token, filter, context));
        expect(tokens.filter(({ record }) => ids.has(record.id))).toEqual(expected);
        expect(counts[index]).toBe(listed.length);
        const query = { ...filter, ...context };
        expect(await store().tokens.countUpTo(query, 10_000)).toBe(listed.length);
        expect(await store().tokens.countUpTo(query, 2)).toBe(Math.min(listed.length, 2));
        const found = await store().tokens.idsUpTo(query, 10_000);
        expect(found.total).toBe(listed.length);
        if (found.ids !== null) expect(found.ids.toSorted().reverse()).toEqual(listed.map(({ id }) => id));
      }
    });
    await fc.assert(agreement, { numRuns: 40 });
  }, 60_000);

  it('fills a page with filters and a status that an index finds', async () => {
    const owner = await addUser(store());
    // As many newer tokens as a page has have the status, but were used.
    const query = { limit: 2, before: null, now: noon, neverUsed: true as const };
    const pause = { at: noon - 5, until: null, reason: null, actor, bySuperuser: false };
    for (const status of ['paused', 'expired'] as const) {
      const changes = status === 'expired' ? { expiresAt: noon - 5 } : {};
      const wanted = await addToken(store(), owner.id, changes);
      const used = [await addToken(store(), owner.id, changes), await addToken(store(), owner.id, changes)];
      await store().tokens.recordUses(used.map(({ id }) => useOf(id)));
      if (status === 'paused') for (const { id } of [wanted, ...used]) await store().tokens.pause(id, pause);
      expect((await store().tokens.list({ ...query, status })).map(({ id }) => id)).toEqual([wanted.id]);
    }
  });

  it('combines filters with an owner and a part of the name', async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    const wanted = await addToken(store(), owner.id, { nameFolded: 'deploy old', createdAt: noon - 10 });
    await addToken(store(), owner.id, { nameFolded: 'deploy new' });
    await addToken(store(), owner.id, { nameFolded: 'build', createdAt: noon - 10 });
    await addToken(store(), other.id, { nameFolded: 'deploy old', createdAt: noon - 10 });
    const query = { limit: 10, before: null, now: noon, unusedForMs: 5, noExpiry: true as const };
    const listed = await store().tokens.list({ ...query, ownerId: owner.id, nameContains: 'deploy' });
    expect(listed.map(({ id }) => id)).toEqual([wanted.id]);
  });
}

async function addAll(store: Store, cases: TokenCase[]): Promise<KnownToken[]> {
  const known: KnownToken[] = [];
  for (const token of cases) {
    const { disabled, createdAt, expiresAt, usedBefore, paused, denied } = token;
    const rotation = token.canary ? null : token.rotation;
    const owner = await addUser(store, { disabled });
    const { id } = await addToken(store, owner.id, { createdAt, expiresAt, canary: token.canary });
    if (usedBefore !== null) await store.tokens.recordUses([useOf(id, { at: usedBefore })]);
    if (rotation !== null) await rotate(store, newToken(owner.id, { id, expiresAt }), rotation);
    if (denied.length > 0)
      await store.usage.addDenied(
        denied.map((at) => newDenied(id, { at })),
        noon,
      );
    if (paused) await store.tokens.pause(id, { at: noon, until: null, reason: null, actor, bySuperuser: false });
    const record = await store.tokens.findById(id);
    if (record !== null) known.push({ ...token, rotation, record });
  }
  expect(known).toHaveLength(cases.length);
  return known;
}

/** Rotates a token, and records a use of each of its two values. */
async function rotate(
  store: Store,
  { id, hash, prefix, expiresAt }: ReturnType<typeof newToken>,
  { at, until, used, previousUsed }: NonNullable<TokenCase['rotation']>,
): Promise<void> {
  await store.tokens.rotate(id, {
    hash: `${hash} rotated`,
    prefix: 'tok_rotated1',
    at,
    validUntil: until,
    expiresAt,
    lifetimeMs: null,
    selfRotated: false,
    replacesUnused: false,
  });
  const uses = [
    ...(used === null ? [] : [useOf(id, { at: used })]),
    ...(previousUsed === null ? [] : [{ ...useOf(id, { at: previousUsed }), prefix, previous: true }]),
  ];
  if (uses.length > 0) await store.tokens.recordUses(uses);
}
