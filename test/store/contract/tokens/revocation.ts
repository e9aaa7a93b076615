import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { actor, addToken, addUser, firstPage, newToken, noon, useOf } from '../records.ts';

export function revocationContract(store: () => Store): void {
  it('deletes a token, returns it, and leaves a tombstone with its hash', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id, { name: 'ci', nameFolded: 'ci' });
    await store().tokens.recordUses([useOf(token.id)]);
    const before = await store().tokens.findById(token.id);

    expect(await store().tokens.destroy(token.id, noon + 7, actor)).toEqual(before);
    expect(await store().tokens.findById(token.id)).toBeNull();
    expect(await store().tokens.findByHashes([token.hash])).toEqual([
      {
        kind: 'tombstone',
        tokenId: token.id,
        prefix: token.prefix,
        name: 'ci',
        ownerId: owner.id,
        ownerEmail: owner.email,
        revokedAt: noon + 7,
        reason: 'revoked',
      },
    ]);
  });

  it('destroys the oldest expired tokens of short life beyond a number', async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    const day = 24 * 60 * 60 * 1000;
    const add = (ownerId: string, expiresAt: number | null, lifetimeMs: number | null = day) =>
      addToken(store(), ownerId, { expiresAt, lifetimeMs });
    const gone = await add(owner.id, noon);
    const kept = [
      await add(owner.id, noon, day + 1),
      await add(owner.id, noon - 9),
      await add(owner.id, noon + 1),
      await add(owner.id, null, null),
      await add(owner.id, noon),
      await add(other.id, noon - 10),
    ];
    await store().tokens.destroyManyExpired(owner.id, 2, noon, actor);
    expect(await store().tokens.findById(gone.id)).toBeNull();
    expect(await store().tokens.findByHashes([gone.hash])).toMatchObject([{ kind: 'tombstone', reason: 'expired' }]);
    for (const { id } of kept) expect(await store().tokens.findById(id)).not.toBeNull();
  });

  it('is final: a second revocation returns null and changes nothing', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    await store().tokens.destroy(token.id, noon, actor);
    expect(await store().tokens.destroy(token.id, noon + 1, actor)).toBeNull();
    expect(await store().tokens.findByHashes([token.hash])).toEqual([expect.objectContaining({ revokedAt: noon })]);
    expect(await store().tokens.destroy('none', noon, actor)).toBeNull();
  });

  it('succeeds for one of many concurrent callers', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const results = await Promise.all(
      Array.from({ length: 10 }, () => store().transaction((store) => store.tokens.destroy(token.id, noon, actor))),
    );
    expect(results.filter((result) => result !== null)).toHaveLength(1);
  });

  it("frees the token's name and its place under the limit", async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id, { nameFolded: 'ci' });
    await store().tokens.destroy(token.id, noon, actor);
    expect(await store().tokens.insert(newToken(owner.id, { nameFolded: 'ci' }), 1)).toBe('inserted');
  });

  it('destroys an expired token of one name, and leaves every other token', async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    const expired = { name: 'ci', nameFolded: 'ci', expiresAt: noon };
    const token = await addToken(store(), owner.id, expired);
    const kept = [
      await addToken(store(), other.id, expired),
      await addToken(store(), owner.id, { nameFolded: 'later', expiresAt: noon + 1 }),
      await addToken(store(), owner.id, { nameFolded: 'never' }),
    ];
    await store().tokens.destroyExpired(token, noon - 1, actor);
    expect(await store().tokens.findById(token.id)).not.toBeNull();
    await store().tokens.destroyExpired(token, noon, actor);
    expect(await store().tokens.findById(token.id)).toBeNull();
    expect(await store().tokens.findByHashes([token.hash])).toMatchObject([
      { kind: 'tombstone', reason: 'expired', revokedAt: noon, name: 'ci' },
    ]);
    for (const nameFolded of ['later', 'never']) {
      await store().tokens.destroyExpired({ ownerId: owner.id, nameFolded }, noon, actor);
    }
    for (const { id } of kept) expect(await store().tokens.findById(id)).not.toBeNull();
  });

  it('does not count expired tokens against the limit', async () => {
    const owner = await addUser(store());
    await addToken(store(), owner.id, { expiresAt: noon });
    expect(await store().tokens.insert(newToken(owner.id, { createdAt: noon - 1 }), 1)).toBe('token-limit');
    expect(await store().tokens.insert(newToken(owner.id, { createdAt: noon }), 1)).toBe('inserted');
    expect(await store().tokens.insert(newToken(owner.id, { createdAt: noon }), 1)).toBe('token-limit');
  });

  it('ignores uses that are recorded afterwards', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    await store().tokens.destroy(token.id, noon, actor);
    await store().tokens.recordUses([useOf(token.id)]);
    expect(await store().tokens.findById(token.id)).toBeNull();
  });

  it('leaves no trace if its transaction rolls back', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const failing = store().transaction(async (store) => {
      await store.tokens.destroy(token.id, noon, actor);
      throw new Error('the mail could not be queued');
    });
    await expect(failing).rejects.toThrow('the mail could not be queued');
    expect(await store().tokens.findByHashes([token.hash])).toEqual([expect.objectContaining({ kind: 'token' })]);
  });

  it('deletes every token of one owner and no others', async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    const tokens = await store().transaction(async (store) => {
      const added: string[] = [];
      for (let index = 0; index < 250; index += 1) added.push((await addToken(store, owner.id)).id);
      return added;
    });
    const foreign = await addToken(store(), other.id);

    const destroyed = await store().tokens.destroyAllOf(owner.id, noon, actor);
    expect(destroyed.map((token) => token.id)).toEqual(tokens.reverse());
    expect(destroyed[0]).toMatchObject({ ownerEmail: owner.email, ownerId: owner.id });
    expect((await store().tokens.list({ ...firstPage, now: noon })).map((token) => token.id)).toEqual([foreign.id]);
    const found = await store().tokens.findByHashes(tokens.map((id) => `hash-of-${id}`));
    expect(found.filter((match) => match?.kind === 'tombstone')).toHaveLength(250);
    expect(await store().tokens.destroyAllOf(owner.id, noon, actor)).toEqual([]);
  });

  it('purges old tombstones in bounded batches, oldest first', async () => {
    const owner = await addUser(store());
    const hashes: string[] = [];
    for (const at of [noon + 2, noon, noon + 1, noon + 3]) {
      const token = await addToken(store(), owner.id);
      hashes.push(token.hash);
      await store().tokens.destroy(token.id, at, actor);
    }
    const times = async () =>
      (await store().tokens.findByHashes(hashes))
        .flatMap((match) => (match?.kind === 'tombstone' ? [match.revokedAt - noon] : []))
        .sort();

    expect(await store().tokens.purgeTombstones(noon + 3, 2)).toBe(2);
    expect(await times()).toEqual([2, 3]);
    expect(await store().tokens.purgeTombstones(noon + 3, 2)).toBe(1);
    expect(await store().tokens.purgeTombstones(noon + 3, 2)).toBe(0);
    expect(await times()).toEqual([3]);
  });
}
