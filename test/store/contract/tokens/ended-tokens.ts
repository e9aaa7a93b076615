import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { limits } from '../../../../shared/limits.ts';
import { addServiceAccount } from '../accounts/service-accounts.ts';
import { actor, addToken, addUser, firstPage, newDenied, noon, useOf } from '../records.ts';

const system = { kind: 'system', id: null, email: null } as const;

export function endedTokenContract(store: () => Store): void {
  const listed = async (query: object = {}) =>
    (await store().endedTokens.list({ ...firstPage, ...query })).map(({ id }) => id);
  const deny = (...requests: Array<ReturnType<typeof newDenied>>) =>
    store().transaction((store) => store.usage.addDenied(requests, noon));

  it('are remembered with their last use, and how and by whom they ended', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id, { name: 'Ci', nameFolded: 'ci' });
    const use = useOf(token.id, { at: noon - 9 });
    await store().tokens.recordUses([use]);
    expect(await store().endedTokens.findById(token.id)).toBeNull();
    await store().tokens.destroy(token.id, noon, actor);
    const { tokenId: _, ...lastUse } = use;
    const expected = {
      ...{ id: token.id, ownerId: owner.id, ownerEmail: owner.email, ownerKind: 'member', ownerDeleted: false },
      ...{ prefix: token.prefix, name: 'Ci', endedAt: noon, reason: 'revoked', actor, lastUse },
    };
    expect(await store().endedTokens.findById(token.id)).toEqual(expected);
    expect(await store().endedTokens.list(firstPage)).toEqual([expected]);
    expect(await store().endedTokens.findById('nothing')).toBeNull();
  });

  it('are one each, with the last prefix and the newest use of all values', async () => {
    const owner = await addUser(store());
    const { id, hash, prefix } = await addToken(store(), owner.id);
    const at = noon - 100;
    await store().transaction((store) =>
      store.tokens.rotate(id, {
        ...{ hash: `second of ${hash}`, prefix: 'tok_second', at, validUntil: noon + 1, expiresAt: null },
        ...{ lifetimeMs: null, selfRotated: false, replacesUnused: false },
      }),
    );
    await store().tokens.recordUses([
      { ...useOf(id, { at: at + 5, path: '/old' }), prefix, previous: true },
      { ...useOf(id, { at: at + 3, path: '/new' }), prefix: 'tok_second' },
    ]);
    await store().tokens.destroy(id, noon, actor);
    const [ended, ...others] = await store().endedTokens.list(firstPage);
    expect(others).toEqual([]);
    expect(ended).toMatchObject({ id, prefix: 'tok_second', lastUse: { at: at + 5, path: '/old' } });
    expect((await store().endedTokens.findById(id))?.prefix).toBe('tok_second');
  });

  it('are listed by owner, by a part of their name, and exchanged ones apart', async () => {
    const [one, two] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    const first = await addToken(store(), one.id, { name: 'Deploy', nameFolded: 'deploy' });
    const second = await addToken(store(), two.id, { name: 'build', nameFolded: 'build' });
    const exchanged = await addToken(store(), two.id, { trustId: 'trust-1', expiresAt: noon });
    const living = await addToken(store(), one.id);
    for (const { id } of [first, second]) await store().tokens.destroy(id, noon, actor);
    await store().tokens.purgeExpired({ before: noon, shortLived: false, limit: 10 }, noon, system);
    expect(await listed()).toEqual([second.id, first.id]);
    expect(await listed({ limit: 1 })).toEqual([second.id]);
    expect(await listed({ before: second.id })).toEqual([first.id]);
    expect(await listed({ ownerId: one.id })).toEqual([first.id]);
    expect(await listed({ nameContains: 'plo' })).toEqual([first.id]);
    expect(await listed({ exchanged: true })).toEqual([exchanged.id]);
    expect(await listed({ exchanged: true, ownerId: one.id })).toEqual([]);
    expect(await store().endedTokens.findById(exchanged.id)).toMatchObject({ reason: 'expired', actor: system });
    expect(await store().endedTokens.findById(living.id)).toBeNull();
  });

  it.each([false, true])('are listed by their end, page by page, the last ones first (long: %s)', async (isLong) => {
    const owner = await addUser(store());
    const tokens = [];
    for (let count = 0; count < 4; count += 1) tokens.push(await addToken(store(), owner.id));
    const [one, two, three, four] = tokens.map(({ id }) => id) as [string, string, string, string];
    // Created in another order than they end, and two at the same time.
    for (const [id, at] of [
      [three, noon - 30],
      [one, noon - 20],
      [two, noon - 20],
      [four, noon - 40],
    ] as const) {
      await store().tokens.destroy(id, at, actor);
    }
    const expected = [two, one, three, four];
    for (const query of [{}, { ownerId: owner.id }]) {
      expect(await listed({ ...query, isLong })).toEqual(expected);
      for (const [index, before] of expected.entries()) {
        expect(await listed({ ...query, isLong, limit: 1, before })).toEqual(expected.slice(index + 1, index + 2));
      }
    }
    expect(await listed({ isLong, before: '00000000-0000-7000-8000-000000000000' })).toEqual([]);
  });

  it('are counted, without exchanged ones', async () => {
    const [one, two] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    const ended = [await addToken(store(), one.id), await addToken(store(), one.id), await addToken(store(), two.id)];
    ended.push(await addToken(store(), two.id, { trustId: 'trust-1' }));
    for (const { id } of ended) await store().tokens.destroy(id, noon, actor);
    expect(await store().endedTokens.countUpTo(undefined, 10)).toBe(3);
    expect(await store().endedTokens.countUpTo(undefined, 2)).toBe(2);
    expect(await store().endedTokens.countUpTo(two.id, 10)).toBe(1);
  });

  it('say whether the account of their owner was deleted', async () => {
    const owner = await addUser(store());
    const { id } = await addToken(store(), owner.id);
    await store().tokens.destroy(id, noon, actor);
    expect((await store().endedTokens.findById(id))?.ownerDeleted).toBe(false);
    await store().users.delete(owner.id, noon);
    expect((await store().endedTokens.findById(id))?.ownerDeleted).toBe(true);
  });

  it('keep the newest requests that were denied since, apart from those of living tokens', async () => {
    const owner = await addUser(store());
    const [ended, living] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    await deny(newDenied(ended.id, { at: noon - 50, path: '/before' }));
    await store().tokens.destroy(ended.id, noon - 40, actor);
    const many = Array.from({ length: 25 }, (_, index) =>
      newDenied(ended.id, { at: noon - index, reason: 'revoked', path: `/${index}` }),
    );
    const other = newDenied(living.id);
    await deny(...many, other, newDenied('nothing'));
    await deny(...many.slice(0, 1));
    const found = await store().endedTokens.deniedOf(ended.id);
    expect(found).toHaveLength(limits.maxDeniedRequests);
    const { tokenId: _, ...newest } = many[0] ?? other;
    expect(found[0]).toEqual(newest);
    expect(found.map(({ path }) => path)).toEqual(many.slice(0, limits.maxDeniedRequests).map(({ path }) => path));
    expect(await store().usage.deniedOf(living.id)).toHaveLength(1);
    expect(await store().usage.deniedOf(ended.id)).toEqual([]);
  });

  it('are forgotten with their tombstones, and their denied requests with them', async () => {
    const owner = await addUser(store());
    const [old, kept] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    await store().tokens.destroy(old.id, noon - 10, actor);
    await store().tokens.destroy(kept.id, noon, actor);
    await deny(newDenied(old.id), newDenied(kept.id));
    expect(await store().tokens.purgeTombstones(noon, 10)).toBe(1);
    expect(await listed()).toEqual([kept.id]);
    expect(await store().endedTokens.deniedOf(old.id)).toEqual([]);
    expect(await store().endedTokens.deniedOf(kept.id)).toHaveLength(1);
  });

  it('keep no address of a deleted member, before the deletion or after it', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    await store().tokens.recordUses([useOf(token.id)]);
    await store().tokens.destroy(token.id, noon, actor);
    await deny(newDenied(token.id));
    expect((await store().endedTokens.findById(token.id))?.lastUse).not.toBeNull();
    await store().users.delete(owner.id, noon);
    expect((await store().endedTokens.findById(token.id))?.lastUse).toBeNull();
    expect(await store().endedTokens.deniedOf(token.id)).toEqual([]);
    await deny(newDenied(token.id, { at: noon + 1 }));
    expect(await store().endedTokens.deniedOf(token.id)).toEqual([]);
  });
}
