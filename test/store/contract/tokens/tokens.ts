import { expect, it } from 'vitest';
import type { NewToken, TokenRecord, UserRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, firstPage, newToken, noon, useOf, userRecord } from '../records.ts';

function record(token: NewToken, owner: UserRecord): TokenRecord {
  const { hash: _, nameFolded: __, ...shown } = token;
  return {
    ...shown,
    expiryCut: false,
    lastUse: null,
    lastDenied: null,
    previous: null,
    rotatedAt: null,
    rulesChangedAt: null,
    pausedAt: null,
    pausedUntil: null,
    pausedReason: null,
    pausedByKind: null,
    pausedById: null,
    pausedByEmail: null,
    pausedBySuperuser: false,
    resumedAt: null,
    seenAt: null,
    previousUsedAt: null,
    formerOwnerKnows: false,
    activeAt: token.createdAt,
    ownerEmail: owner.email,
    ownerKind: owner.kind,
    ownerDisabled: owner.disabled,
    ownerCanManageTokens: owner.canManageTokens,
    ownerSsoSignedInAt: owner.ssoSignedInAt,
  };
}

export function tokenContract(store: () => Store): void {
  /** Inserts a token under the owner's lock, as the domain does. */
  const create = (token: NewToken, limit: number) =>
    store().transaction(async (store) => {
      await store.owners.lockForNewToken(token.ownerId);
      return store.tokens.insert(token, limit);
    });

  it('returns a token with its owner', async () => {
    const owner = await addUser(store());
    for (const token of [newToken(owner.id), newToken(owner.id, { description: null, expiresAt: noon + 5 })]) {
      expect(await store().tokens.insert(token, 10)).toBe('inserted');
      expect(await store().tokens.findById(token.id)).toEqual(record(token, owner));
    }
    expect(await store().tokens.findById('none')).toBeNull();
  });

  it("requires unique names among one owner's tokens only", async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    await addToken(store(), owner.id, { nameFolded: 'ci' });
    expect(await create(newToken(owner.id, { nameFolded: 'ci' }), 10)).toBe('name-taken');
    expect(await create(newToken(other.id, { nameFolded: 'ci' }), 10)).toBe('inserted');
  });

  it('counts only the owner’s own tokens against the limit', async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    await addToken(store(), other.id);
    expect(await create(newToken(owner.id), 1)).toBe('inserted');
    expect(await create(newToken(owner.id), 1)).toBe('token-limit');
    expect(await create(newToken(owner.id), 2)).toBe('inserted');
  });

  it('rejects a token whose owner does not exist, and a duplicate hash', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    await expect(store().tokens.insert(newToken('nobody'), 10)).rejects.toThrow();
    await expect(store().tokens.insert(newToken(owner.id, { hash: token.hash }), 10)).rejects.toThrow();
    expect(await store().tokens.list({ ...firstPage, now: noon })).toHaveLength(1);
  });

  it('lets one of 50 concurrent inserts of one name succeed', async () => {
    const owner = await addUser(store());
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => create(newToken(owner.id, { nameFolded: 'ci' }), 1000)),
    );
    expect(outcomes.filter((outcome) => outcome === 'inserted')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'name-taken')).toHaveLength(49);
    expect(await store().tokens.list({ ...firstPage, now: noon })).toHaveLength(1);
  });

  it('lets one of 20 concurrent inserts take the last place under the limit', async () => {
    const owner = await addUser(store());
    await addToken(store(), owner.id);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => create(newToken(owner.id), 2)));
    expect(outcomes.filter((outcome) => outcome === 'inserted')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'token-limit')).toHaveLength(19);
  });

  it('lists the tokens of everyone or of one owner, newest first, in pages', async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    const oldest = await addToken(store(), owner.id);
    const foreign = await addToken(store(), other.id);
    const newest = await addToken(store(), owner.id);
    const ids = async (query: { limit?: number; before?: string; ownerId?: string }) =>
      (await store().tokens.list({ ...firstPage, now: noon, ...query })).map((token) => token.id);

    expect(await ids({})).toEqual([newest.id, foreign.id, oldest.id]);
    expect(await ids({ ownerId: owner.id })).toEqual([newest.id, oldest.id]);
    expect(await ids({ limit: 1 })).toEqual([newest.id]);
    expect(await ids({ limit: 1, before: newest.id })).toEqual([foreign.id]);
    expect(await ids({ ownerId: owner.id, before: newest.id })).toEqual([oldest.id]);
    expect(await ids({ ownerId: 'nobody' })).toEqual([]);
  });

  it('finds tokens by a part of the name and matches wildcards literally', async () => {
    const owner = await addUser(store());
    const names = ['ci-pipeline', '100% coverage', 'under_score', 'bang!', "quote's", 'back\\slash', 'straße'];
    for (const nameFolded of names) await addToken(store(), owner.id, { name: nameFolded, nameFolded });
    const found = async (nameContains: string) =>
      (await store().tokens.list({ ...firstPage, ownerId: owner.id, now: noon, nameContains })).map(({ name }) => name);

    expect(await found('pipe')).toEqual(['ci-pipeline']);
    expect(await found('%')).toEqual(['100% coverage']);
    expect(await found('_')).toEqual(['under_score']);
    expect(await found('!')).toEqual(['bang!']);
    expect(await found("'")).toEqual(["quote's"]);
    expect(await found('\\')).toEqual(['back\\slash']);
    expect(await found('aße')).toEqual(['straße']);
    expect(await found('')).toHaveLength(names.length);
    expect(await found('nothing')).toEqual([]);
  });

  it('lists each token under exactly one status, in the order disabled, blocked, expired, active', async () => {
    const { users } = store();
    const owners = { fit: userRecord(), blocked: userRecord({ canManageTokens: false }) };
    const disabled = userRecord({ disabled: true, canManageTokens: false });
    for (const owner of [owners.fit, owners.blocked, disabled]) await users.insert(owner);
    const expected = {
      active: [await addToken(store(), owners.fit.id), await addToken(store(), owners.fit.id, { expiresAt: noon + 1 })],
      expired: [await addToken(store(), owners.fit.id, { expiresAt: noon })],
      blocked: [
        await addToken(store(), owners.blocked.id),
        await addToken(store(), owners.blocked.id, { expiresAt: noon - 1 }),
      ],
      disabled: [await addToken(store(), disabled.id), await addToken(store(), disabled.id, { expiresAt: noon - 1 })],
    };

    for (const status of ['active', 'expired', 'blocked', 'disabled'] as const) {
      const listed = await store().tokens.list({ ...firstPage, status, now: noon });
      expect(listed.map((token) => token.id).sort()).toEqual(expected[status].map((token) => token.id).sort());
    }
  });

  it('counts the active tokens of one owner, without canaries', async () => {
    const owner = await addUser(store());
    const other = await addUser(store(), { canManageTokens: false });
    for (const expiresAt of [null, noon + 1, noon, noon - 1]) await addToken(store(), owner.id, { expiresAt });
    await addToken(store(), owner.id, { canary: true });
    await addToken(store(), other.id);

    expect(await store().tokens.countActiveOf(owner.id, { now: noon })).toBe(2);
    expect(await store().tokens.countActiveOf(owner.id, { now: noon + 1 })).toBe(1);
    expect(await store().tokens.countActiveOf(other.id, { now: noon })).toBe(0);
    expect(await store().tokens.countActiveOf('nobody', { now: noon })).toBe(0);
    await store().users.setDisabled(owner.id, true);
    expect(await store().tokens.countActiveOf(owner.id, { now: noon })).toBe(0);
  });

  it('finds any number of hashes in one call, each token with its owner', async () => {
    const owner = await addUser(store(), { superuser: true, name: 'Ada' });
    const other = await addUser(store(), { disabled: true, canManageTokens: false });
    const [one, two] = [await addToken(store(), owner.id), await addToken(store(), other.id)];

    const strangers = Array.from({ length: 2000 }, (_, index) => `stranger-${index}`);
    const found = await store().tokens.findByHashes([one.hash, ...strangers, two.hash, one.hash, '', "' OR 1=1 --"]);
    const { id, prefix, name, createdAt, expiresAt, ownerId, pausedAt, pausedUntil, activeAt } = record(one, owner);
    const known = { id, prefix, name, createdAt, expiresAt, ownerId, pausedAt, pausedUntil, activeAt };
    const first = {
      kind: 'token',
      validUntil: null,
      ...known,
      ownerName: 'Ada',
      ownerEmail: owner.email,
      ownerKind: owner.kind,
      ownerSuperuser: true,
      ownerDisabled: false,
      ownerCanManageTokens: true,
      ownerSsoSignedInAt: null,
      rules: null,
      manage: null,
      ownerSsoGroups: null,
      ownerManualGroups: null,
    };
    const second = expect.objectContaining({ id: two.id, ownerDisabled: true, ownerCanManageTokens: false });
    expect(found).toEqual([first, ...strangers.map(() => null), second, first, null, null]);
    expect(await store().tokens.findByHashes([])).toEqual([]);
  });

  it("sees the transaction's own changes in a lookup inside it", async () => {
    const owner = await addUser(store());
    const token = newToken(owner.id);
    await store().transaction(async (store) => {
      await store.tokens.insert(token, 10);
      expect(await store.tokens.findByHashes([token.hash])).toEqual([
        expect.objectContaining({ kind: 'token', id: token.id }),
      ]);
    });
  });

  it('records the newest use of each token, and never an older one', async () => {
    const owner = await addUser(store());
    const [one, two] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    const lastUse = async (id: string) => (await store().tokens.findById(id))?.lastUse;

    await store().tokens.recordUses([
      useOf(one.id, { at: noon + 2, path: '/second' }),
      useOf('gone'),
      useOf(one.id, { at: noon + 1, path: '/first' }),
      useOf(two.id, { at: noon, method: null, path: null, ip: null, userAgent: null }),
    ]);
    const { tokenId: _, ...second } = useOf(one.id, { at: noon + 2, path: '/second' });
    expect(await lastUse(one.id)).toEqual(second);
    expect(await lastUse(two.id)).toEqual({ at: noon, method: null, path: null, ip: null, userAgent: null });

    await store().tokens.recordUses([useOf(one.id, { at: noon + 1, path: '/late' }), useOf(two.id, { at: noon + 9 })]);
    expect(await lastUse(one.id)).toEqual(second);
    expect(await lastUse(two.id)).toMatchObject({ at: noon + 9, path: '/builds/42' });
    await store().tokens.recordUses([]);

    // The clock was an hour ahead, and has been corrected.
    const right = noon - 3_600_000;
    await store().tokens.recordUses([useOf(one.id, { at: right, path: '/right' })], right + 3_600_000);
    expect(await lastUse(one.id)).toEqual(second);
    await store().tokens.recordUses([useOf(one.id, { at: right, path: '/right' })], right);
    expect(await lastUse(one.id)).toMatchObject({ at: right, path: '/right' });
  });

  it('keeps a use with a path for a day if the token is then used without one', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const lastUse = async () => (await store().tokens.findById(token.id))?.lastUse;
    const day = 24 * 60 * 60 * 1000;
    const unreported = { method: null, path: null, ip: '203.0.113.9' };
    await store().tokens.recordUses([useOf(token.id, { at: noon, path: '/builds' })]);
    await store().tokens.recordUses([useOf(token.id, { at: noon + day, ...unreported })]);
    expect(await lastUse()).toMatchObject({ at: noon, path: '/builds' });
    await store().tokens.recordUses([useOf(token.id, { at: noon + day + 1, ...unreported })]);
    expect(await lastUse()).toMatchObject({ at: noon + day + 1, path: null });
    await store().tokens.recordUses([useOf(token.id, { at: noon + day + 2, ...unreported })]);
    expect(await lastUse()).toMatchObject({ at: noon + day + 2, path: null });
    await store().tokens.recordUses([useOf(token.id, { at: noon + day + 3, path: '/builds' })]);
    expect(await lastUse()).toMatchObject({ at: noon + day + 3, path: '/builds' });
  });

  it('records uses with any text, and stores the other uses of the batch', async () => {
    const owner = await addUser(store());
    const [one, two] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    const odd = `/a\0b\ud800c\\u0000"'é😀`;
    await store().tokens.recordUses([useOf(one.id, { path: odd, userAgent: '\udc00' }), useOf(two.id)]);
    expect((await store().tokens.findById(one.id))?.lastUse).toMatchObject({
      path: `/a\ufffdb\ufffdc\\u0000"'é😀`,
      userAgent: '\ufffd',
    });
    expect((await store().tokens.findById(two.id))?.lastUse).not.toBeNull();
  });

  it('records thousands of uses in one call', async () => {
    const owner = await addUser(store());
    const tokens = await store().transaction(async (store) => {
      const added: NewToken[] = [];
      for (let index = 0; index < 700; index += 1) added.push(await addToken(store, owner.id));
      return added;
    });
    const strangers = Array.from({ length: 3000 }, (_, index) => useOf(`gone-${index}`));
    await store().tokens.recordUses([...strangers, ...tokens.map((token) => useOf(token.id))]);
    const listed = await store().tokens.list({ limit: 1000, before: null, now: noon });
    expect(listed.filter((token) => token.lastUse?.at === noon)).toHaveLength(700);
  });
}
