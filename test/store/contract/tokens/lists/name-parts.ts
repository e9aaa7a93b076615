import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NewToken } from '../../../../../server/store/records.ts';
import type { Store } from '../../../../../server/store/store.ts';
import { foldName } from '../../../../../shared/names.ts';
import { actor, addToken, addUser, noon } from '../../records.ts';

/** Few characters, so that names share parts: letters that fold, characters that other languages read as patterns, and one outside of the BMP. */
const characters = ['a', 'B', 'é', 'İ', 'ß', '😀', '%', '_', '\\', "'", '"', '?', '*', '{', ',', ' ', '-', '7'];
const character = fc.constantFrom(...characters);
const text = (minLength: number, maxLength: number) =>
  fc.array(character, { minLength, maxLength }).map((found) => found.join(''));
const name = fc.oneof({ weight: 3, arbitrary: text(1, 8) }, { weight: 1, arbitrary: text(64, 64) });

/** A part of any text, or of the name in this place. */
const part = fc.oneof(
  text(1, 4),
  text(64, 64),
  fc.record({ of: fc.nat(19), from: fc.nat(63), length: fc.constantFrom(1, 2, 3, 4, 5, 7, 64) }),
);

/** A part of a name finds what a plain search through all names finds. */
export function namePartContract(store: () => Store): void {
  it('lists, counts and finds the tokens whose names have a part', async () => {
    const names = fc.uniqueArray(name, { minLength: 20, maxLength: 20, selector: foldName });
    const parts = fc.array(part, { minLength: 25, maxLength: 25 });
    const agreement = fc.asyncProperty(names, parts, async (names, parts) => {
      const owner = await addUser(store());
      const tokens = await store().transaction((store) => addNamed(store, owner.id, names));
      const own = new Set(tokens.map(({ id }) => id));
      for (const one of parts) {
        const typed = typeof one === 'string' ? one : partOf(names[one.of] as string, one.from, one.length);
        const nameContains = foldName(typed);
        const expected = tokens.filter(({ nameFolded }) => nameFolded.includes(nameContains)).map(({ id }) => id);
        const query = { nameContains, now: noon };

        const { total, ids } = await store().tokens.idsUpTo(query, 100_000);
        expect(ids?.filter((id) => own.has(id)).sort()).toEqual(expected);
        expect(ids).toHaveLength(total);
        expect(await store().tokens.countUpTo(query, 100_000)).toBe(total);
        expect(await store().tokens.countUpTo({ ...query, ownerId: owner.id }, 100_000)).toBe(expected.length);
        const listed = await store().tokens.list({ ...query, limit: 100_000, before: null });
        expect(listed.map(({ id }) => id)).toEqual(ids?.toSorted().reverse());
      }
    });
    await fc.assert(agreement, { numRuns: 10 });
  }, 60_000);

  it('pages through the tokens that were found, in each order', async () => {
    const owner = await addUser(store());
    const names = Array.from(
      { length: 7 },
      (_, index) => `${index % 2 === 0 ? 'found' : 'other'}-in-pages-${9 - index}`,
    );
    const tokens = await addNamed(store(), owner.id, names);
    const wanted = tokens.filter(({ name }) => name.includes('found-in-pages'));
    const query = { nameContains: 'found-in-pages', now: noon, limit: 3 };
    const { total, ids } = await store().tokens.idsUpTo(query, 10);
    expect(total).toBe(4);
    const found = { ...query, among: ids ?? [] };
    const idsOf = (listed: Array<{ id: string }>) => listed.map(({ id }) => id);

    const newest = wanted.map(({ id }) => id).reverse();
    const first = await store().tokens.list({ ...found, before: null });
    expect(idsOf(first)).toEqual(newest.slice(0, 3));
    expect(idsOf(await store().tokens.list({ ...found, before: first[2]?.id ?? null }))).toEqual(newest.slice(3));

    // Their names are in the opposite order of their IDs.
    const sort = { by: 'name' as const, descending: false, few: true, after: null };
    const sorted = await store().tokens.list({ ...found, before: null, sort });
    expect(idsOf(sorted)).toEqual(newest.slice(0, 3));
    const after = { key: sorted[2]?.name ?? '', id: sorted[2]?.id ?? '' };
    expect(idsOf(await store().tokens.list({ ...found, before: null, sort: { ...sort, after } }))).toEqual(
      newest.slice(3),
    );
  });

  it('returns no IDs if too many tokens match, or if the tokens of one owner do', async () => {
    const owner = await addUser(store());
    await addNamed(store(), owner.id, ['too-many-1', 'too-many-2']);
    const query = { nameContains: 'too-many', now: noon };
    expect(await store().tokens.idsUpTo(query, 2)).toEqual({ total: 2, ids: null });
    expect(await store().tokens.idsUpTo({ ...query, ownerId: owner.id }, 10)).toEqual({ total: 2, ids: null });
  });

  it('finds either exchanged tokens or all others by a part of their names', async () => {
    const owner = await addUser(store());
    const exchanged = await addToken(store(), owner.id, { nameFolded: 'of-either-kind-1', trustId: owner.id });
    const other = await addToken(store(), owner.id, { nameFolded: 'of-either-kind-2' });
    for (const [filter, { id }] of [
      [{ exchanged: true }, exchanged],
      [{}, other],
    ] as const) {
      const query = { nameContains: 'either-kind', now: noon, ...filter };
      expect(await store().tokens.idsUpTo(query, 10)).toEqual({ total: 1, ids: [id] });
      const listed = await store().tokens.list({ ...query, limit: 10, before: null });
      expect(listed.map((token) => token.id)).toEqual([id]);
    }
  });

  it('leaves out a token that was found and no longer matches', async () => {
    const owner = await addUser(store());
    const [kept, renamed] = await addNamed(store(), owner.id, ['was-found-1', 'was-found-2']);
    const query = { nameContains: 'was-found', now: noon, limit: 10, before: null };
    const { ids } = await store().tokens.idsUpTo(query, 10);
    await store().tokens.destroy(String(renamed?.id), noon, actor);
    expect((await store().tokens.list({ ...query, among: ids ?? [] })).map(({ id }) => id)).toEqual([kept?.id]);
  });
}

function partOf(name: string, from: number, length: number): string {
  const characters = [...name];
  const start = from % characters.length;
  return characters.slice(start, start + length).join('');
}

async function addNamed(store: Store, ownerId: string, names: readonly string[]): Promise<NewToken[]> {
  const tokens: NewToken[] = [];
  for (const name of names) tokens.push(await addToken(store, ownerId, { name, nameFolded: foldName(name) }));
  return tokens;
}
