import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { actor, addToken, addUser, noon } from '../records.ts';

/** What the store does with tokens that are named by their IDs. */
export function togetherContract(store: () => Store): void {
  it('finds those of many tokens that exist', async () => {
    const owner = await addUser(store());
    const [one, two] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    const found = await store().tokens.findMany([two.id, randomUUID(), one.id, 'no id', two.id]);
    expect(found.map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());
    expect(found).toContainEqual(await store().tokens.findById(one.id));
    expect(await store().tokens.findMany([])).toEqual([]);
  });

  it('destroys those of many tokens that one owner has, and remembers their names', async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    const mine = [
      await addToken(store(), owner.id, { name: 'Eins', nameFolded: 'eins' }),
      await addToken(store(), owner.id, { name: 'Zwei', nameFolded: 'zwei' }),
    ];
    const kept = await addToken(store(), owner.id);
    const theirs = await addToken(store(), other.id);
    const ids = [...mine, theirs].map(({ id }) => id);
    const destroyed = await store().tokens.destroyAmong(owner.id, [...ids, 'no id'], noon + 7, actor);
    expect(destroyed.map(({ name }) => name).sort()).toEqual(['Eins', 'Zwei']);
    for (const { id } of [kept, theirs]) expect(await store().tokens.findById(id)).not.toBeNull();
    expect(await store().tokens.findByHashes(mine.map(({ hash }) => hash))).toEqual(
      mine.map(({ name }) =>
        expect.objectContaining({ kind: 'tombstone', name, reason: 'revoked', revokedAt: noon + 7 }),
      ),
    );
    expect(await store().tokens.destroyAmong(owner.id, ids, noon + 8, actor)).toEqual([]);
    expect(await store().tokens.endedAmong([...ids, 'no id'])).toHaveLength(2);
    expect(await store().tokens.endedAmong(ids.slice(0, 1))).toEqual([
      { id: mine[0]?.id, name: 'Eins', ownerId: owner.id, ownerEmail: owner.email, ownerKind: 'member' },
    ]);
  });

  it('names a destroyed token once, although each of its values has a tombstone', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const value = {
      ...{ expiresAt: null, lifetimeMs: null, selfRotated: false, replacesUnused: false },
      prefix: 'tok_new',
    };
    await store().transaction((store) =>
      store.tokens.rotate(token.id, { ...value, hash: `${token.hash} new`, at: noon, validUntil: noon + 60_000 }),
    );
    await store().tokens.destroyAmong(owner.id, [token.id], noon, actor);
    expect(await store().tokens.endedAmong([token.id])).toHaveLength(1);
  });
}
