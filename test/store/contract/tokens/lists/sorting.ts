import { expect, it } from 'vitest';
import type { NewToken } from '../../../../../server/store/records.ts';
import type { Store } from '../../../../../server/store/store.ts';
import type { TokenSort } from '../../../../../server/store/token-filter.ts';
import { addToken, addUser, noon, useOf } from '../../records.ts';

type By = TokenSort['by'];

export function sortingContract(store: () => Store): void {
  /** Adds tokens with equal names of other owners, equal and missing expiries, and equal and missing last uses. */
  async function addTokens(): Promise<{
    tokens: NewToken[];
    keys: Record<By, (token: NewToken) => string | number | null>;
  }> {
    const owners = [await addUser(store()), await addUser(store())];
    const names = ['b', 'ä', 'a', 'Z', 'a10', 'a9', '😀', 'é'];
    const tokens: NewToken[] = [];
    const used = new Map<string, number>();
    for (const [index, name] of names.entries()) {
      for (const owner of owners) {
        const expiresAt = index % 3 === 0 ? null : noon + 1000 * (index % 4);
        const token = await addToken(store(), owner.id, { name, nameFolded: name.toLowerCase(), expiresAt });
        tokens.push(token);
        if (index % 2 === 0) used.set(token.id, noon + (index % 4));
      }
    }
    await store().tokens.recordUses([...used].map(([id, at]) => ({ ...useOf(id), at })));
    return {
      tokens,
      keys: {
        name: ({ nameFolded }) => nameFolded,
        created: () => null,
        expires: ({ expiresAt }) => expiresAt,
        last_used: ({ id }) => used.get(id) ?? null,
      },
    };
  }

  const compareKeys = (a: string | number | null, b: string | number | null) => {
    if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
    return Number(a) - Number(b);
  };

  it.each(
    (['name', 'created', 'expires', 'last_used'] as const).flatMap((by) =>
      [false, true].flatMap((descending) => [true, false].map((few) => ({ by, descending, few }))),
    ),
  )('sorts pages by $by (descending: $descending, few: $few), with tokens that lack it last', async (order) => {
    // Many tokens are not sorted by their last use.
    if (order.by === 'last_used' && !order.few) return;
    const { tokens, keys } = await addTokens();
    const keyOf = keys[order.by];
    const sign = order.descending ? -1 : 1;
    const expected = [...tokens].sort((a, b) => {
      const [one, other] = [keyOf(a), keyOf(b)];
      if ((one === null) !== (other === null)) return one === null ? 1 : -1;
      return sign * (compareKeys(one, other) || (a.id < b.id ? -1 : 1));
    });
    const ids: string[] = [];
    let after: TokenSort['after'] = null;
    for (let page = 0; page < 10; page += 1) {
      const sort: TokenSort = { ...order, after };
      const found = await store().tokens.list({ limit: 3, before: null, now: noon - 1, sort });
      ids.push(...found.map(({ id }) => id));
      if (found.length < 3) break;
      const last = tokens.find(({ id }) => id === ids.at(-1));
      after = last === undefined ? null : { key: keyOf(last), id: last.id };
    }
    expect(ids).toEqual(expected.map(({ id }) => id));
  });

  it('sorts only the tokens that match', async () => {
    const { tokens } = await addTokens();
    for (const few of [true, false]) {
      const sort: TokenSort = { by: 'expires', descending: false, after: null, few };
      const found = await store().tokens.list({ limit: 50, before: null, now: noon + 1500, status: 'active', sort });
      const active = tokens.filter(({ expiresAt }) => expiresAt === null || expiresAt > noon + 1500);
      expect(found.map(({ id }) => id).sort()).toEqual(active.map(({ id }) => id).sort());
      const own = await store().tokens.list({
        limit: 50,
        before: null,
        now: noon,
        ownerId: tokens[0]?.ownerId ?? '',
        sort,
      });
      expect(own).toHaveLength(8);
    }
  });
}
