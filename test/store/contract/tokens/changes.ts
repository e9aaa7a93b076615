import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { NewValue } from '../../../../server/store/interfaces/tokens/changes.ts';
import type { NewToken } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { actor, addToken, addUser, newToken, noon, useOf } from '../records.ts';

/** What a token `old` is rotated to, by default a minute after noon with an overlap of a minute. */
function valueAfter(old: NewToken, changes: Partial<NewValue> = {}): NewValue {
  return {
    hash: `${old.hash} rotated`,
    prefix: 'tok_rotated1',
    at: noon + 60_000,
    validUntil: noon + 120_000,
    expiresAt: null,
    lifetimeMs: null,
    selfRotated: false,
    replacesUnused: false,
    ...changes,
  };
}

export function tokenChangeContract(store: () => Store): void {
  const rotate = (id: string, value: NewValue) => store().transaction((store) => store.tokens.rotate(id, value));
  const matches = async (...hashes: string[]) =>
    (await store().tokens.findByHashes(hashes)).map(
      (match) => match?.kind === 'token' && [match.prefix, match.validUntil],
    );

  it.each([
    ['a lock of it', (store: Store, id: string) => store.transaction((store) => store.tokens.lock(id))],
    ['its destruction', (store: Store, id: string) => store.tokens.destroy(id, noon, actor)],
  ])('holds a token, so that %s waits until the transaction ends', async (_what, change) => {
    const token = await addToken(store(), (await addUser(store())).id);
    const events: string[] = [];
    let other: Promise<unknown> | undefined;
    await store().transaction(async (held) => {
      expect(await held.tokens.hold(token.id)).toMatchObject({ id: token.id });
      expect(await held.tokens.hold('nothing')).toBeNull();
      other = change(store(), token.id).then(() => events.push('changed'));
      await delay(50);
      events.push('held');
    });
    await other;
    expect(events).toEqual(['held', 'changed']);
  });

  it('finds a token by its current and by its previous values, each with its prefix and its end', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const first = valueAfter(token);
    const second = valueAfter(token, {
      hash: 'second',
      prefix: 'tok_rotated2',
      at: noon + 70_000,
      validUntil: noon + 90_000,
    });
    await rotate(token.id, first);
    await rotate(token.id, second);
    expect(await matches(token.hash, first.hash, second.hash)).toEqual([
      [token.prefix, -second.at],
      [first.prefix, second.validUntil],
      [second.prefix, null],
    ]);
    expect(await matches(first.hash)).toEqual([[first.prefix, second.validUntil]]);
    expect(await store().tokens.findById(token.id)).toMatchObject({
      prefix: second.prefix,
      rotatedAt: second.at,
      previous: { prefix: first.prefix, validUntil: second.validUntil, lastUse: null },
    });
  });

  it('keeps why a previous value ended when its token expires or is idle, but not when it is revoked', async () => {
    const owner = await addUser(store());
    const reasons = async (...hashes: string[]) =>
      (await store().tokens.findByHashes(hashes)).map((match) => match?.kind === 'tombstone' && match.reason);
    const bury = async (destroy: (token: NewToken) => Promise<unknown>) => {
      const token = await addToken(store(), owner.id, { expiresAt: noon + 500_000 });
      const first = valueAfter(token, { expiresAt: noon + 500_000 });
      const second = valueAfter(token, {
        hash: `second of ${token.id}`,
        at: noon + 70_000,
        validUntil: noon + 490_000,
      });
      await rotate(token.id, first);
      await rotate(token.id, { ...second, expiresAt: noon + 500_000 });
      await destroy(token);
      return reasons(token.hash, first.hash, second.hash);
    };
    const expire = (at: number) => (token: NewToken) =>
      store().tokens.destroyExpired({ ownerId: owner.id, nameFolded: token.nameFolded }, at, actor);
    expect(await bury(expire(noon + 500_000))).toEqual(['rotated', 'rotated', 'expired']);
    expect(await bury(({ id }) => store().tokens.destroy(id, noon + 80_000, actor))).toEqual([
      'revoked',
      'revoked',
      'revoked',
    ]);
  });

  it('keeps the previous value and ends the current one if nobody received that', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const lost = valueAfter(token, { selfRotated: true });
    const second = valueAfter(token, {
      hash: 'second',
      at: noon + 70_000,
      validUntil: noon + 500_000,
      replacesUnused: true,
    });
    await rotate(token.id, lost);
    await rotate(token.id, { ...second, validUntil: noon + 110_000 });
    expect(await matches(token.hash, lost.hash, second.hash)).toEqual([
      [token.prefix, noon + 110_000],
      [lost.prefix, -second.at],
      [second.prefix, null],
    ]);
    expect((await store().tokens.findById(token.id))?.previous).toMatchObject({
      prefix: token.prefix,
      selfRotated: true,
    });
  });

  it('finds the time of a rotation by counting back from the newest one, even if its time has not come', async () => {
    const owner = await addUser(store());
    const [token, other] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    for (const at of [noon + 1, noon + 9, noon + 2]) {
      await rotate(token.id, valueAfter(token, { hash: `rotated at ${at}`, prefix: `tok_${at}`, at, validUntil: at }));
    }
    await rotate(other.id, valueAfter(other, { at: noon + 5, validUntil: noon + 5 }));
    const found = await Promise.all([1, 2, 3, 4].map((count) => store().tokens.rotationBefore(token.id, count)));
    expect(found).toEqual([noon + 9, noon + 2, noon + 1, null]);
  });

  it('records uses per value, and the newest use of any previous value with the token', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    await store().tokens.recordUses([useOf(token.id, { at: noon + 1 })]);
    const value = valueAfter(token);
    await rotate(token.id, value);
    expect(await store().tokens.findById(token.id)).toMatchObject({ lastUse: null, previousUsedAt: noon + 1 });
    const old = { prefix: token.prefix, previous: true };
    await store().tokens.recordUses([
      { ...useOf(token.id, { at: value.at + 1, path: '/old' }), ...old },
      { ...useOf(token.id, { at: value.at + 2, path: '/new' }), prefix: value.prefix },
    ]);
    expect(await store().tokens.findById(token.id)).toMatchObject({
      lastUse: { path: '/new' },
      previous: { lastUse: { path: '/old' } },
      previousUsedAt: value.at + 1,
      activeAt: value.at + 2,
    });
  });

  it('records a use from before the rotation neither with the new value nor with the old one', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const value = valueAfter(token);
    await rotate(token.id, value);
    await store().tokens.recordUses([
      { ...useOf(token.id, { at: value.at - 1 }), prefix: token.prefix },
      { ...useOf(token.id, { at: value.at - 1 }), prefix: token.prefix, previous: true },
    ]);
    expect(await store().tokens.findById(token.id)).toMatchObject({ lastUse: null, previous: { lastUse: null } });
  });

  it('notes when the new value of a token that rotates itself was first presented', async () => {
    const owner = await addUser(store());
    const [token, other] = [await addToken(store(), owner.id, { selfRotate: true }), await addToken(store(), owner.id)];
    const seenAt = async (id: string) => (await store().tokens.findById(id))?.seenAt;
    const value = valueAfter(token);
    const see = (prefix: string, at: number) =>
      store().tokens.recordSeen(
        [token, other].map(({ id }) => ({ tokenId: id, prefix })),
        at,
      );
    await see(token.prefix, noon);
    expect(await seenAt(token.id)).toBeNull();
    await rotate(token.id, value);
    await see(token.prefix, noon + 1);
    expect(await seenAt(token.id)).toBeNull();
    await see(value.prefix, noon + 2);
    await see(value.prefix, noon + 3);
    expect([await seenAt(token.id), await seenAt(other.id)]).toEqual([noon + 2, null]);
    await rotate(token.id, { ...value, hash: 'second', prefix: 'tok_second12' });
    expect(await seenAt(token.id)).toBeNull();
  });

  it('turns all values of a destroyed token into tombstones', async () => {
    const owner = await addUser(store());
    const [token, other] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    const value = valueAfter(token);
    await rotate(token.id, value);
    await rotate(other.id, valueAfter(other));
    await store().tokens.destroy(token.id, noon, actor);
    expect(await store().tokens.findByHashes([token.hash, value.hash, other.hash])).toMatchObject([
      { kind: 'tombstone', prefix: token.prefix, reason: 'revoked' },
      { kind: 'tombstone', prefix: value.prefix, reason: 'revoked' },
      { kind: 'token' },
    ]);
  });

  it('ends a previous value once, with a negative time, which has passed by any clock', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    expect(await store().tokens.endPrevious(token.id, noon)).toBe(false);
    const value = valueAfter(token);
    await rotate(token.id, value);
    expect(await store().tokens.endPrevious(token.id, value.at + 1)).toBe(true);
    expect(await store().tokens.endPrevious(token.id, value.at + 2)).toBe(false);
    expect(await matches(token.hash)).toEqual([[token.prefix, -(value.at + 1)]]);
  });

  it('purges previous values that ended long ago, by themselves or early, in batches', async () => {
    const owner = await addUser(store());
    const add = async (validUntil: number) => {
      const token = await addToken(store(), owner.id);
      await rotate(token.id, valueAfter(token, { at: noon - 1, validUntil }));
      return token;
    };
    const ended = [await add(noon), await add(noon), await add(noon + 9)];
    await store().tokens.endPrevious(ended[2]?.id ?? '', noon);
    const later = await add(noon + 9);
    await store().tokens.endPrevious(later.id, noon + 1);
    const working = await add(noon + 2);
    expect(await store().tokens.purgePreviousValues(noon, 10)).toBe(0);
    expect(await store().tokens.purgePreviousValues(noon + 1, 2)).toBe(2);
    expect(await store().tokens.purgePreviousValues(noon + 1, 2)).toBe(1);
    expect(await matches(...ended.map(({ hash }) => hash))).toEqual([false, false, false]);
    expect(await matches(later.hash, working.hash)).toEqual([
      [later.prefix, -(noon + 1)],
      [working.prefix, noon + 2],
    ]);
  });

  it('claims each notice about a previous value once, also for concurrent callers', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const value = valueAfter(token, { at: noon, validUntil: noon + 4_000_000 });
    await rotate(token.id, value);
    const claim = (now: number) => store().transaction((store) => store.tokens.claimPreviousNotices(now, 10));
    expect(await claim(noon + 3_000_000)).toEqual([]);
    await store().tokens.recordUses([{ ...useOf(token.id, { at: noon }), prefix: token.prefix, previous: true }]);
    expect([await claim(noon + 2_999_999), await claim(noon + 4_000_000)]).toEqual([[], []]);
    const claimed = await Promise.all([1, 2, 3].map(() => claim(noon + 3_000_000)));
    expect(claimed.flat()).toEqual([token.id]);
  });

  it('edits a token, and rejects the name of another token of the owner', async () => {
    const [owner, other] = [await addUser(store()), await addUser(store())];
    const token = await addToken(store(), owner.id);
    await addToken(store(), owner.id, { name: 'Mine', nameFolded: 'mine' });
    await addToken(store(), other.id, { name: 'Theirs', nameFolded: 'theirs' });
    const edit = (name: string) => store().tokens.edit(token.id, { name, nameFolded: name.toLowerCase() });
    expect([await edit('Mine'), await edit('Theirs'), await edit('THEIRS')]).toEqual([
      'name-taken',
      'edited',
      'edited',
    ]);
    expect(await store().tokens.edit(token.id, { selfRotate: true, expiresAt: noon + 9, lifetimeMs: 9 })).toBe(
      'edited',
    );
    expect(await store().tokens.findById(token.id)).toMatchObject({
      ...{ name: 'THEIRS', selfRotate: true, expiresAt: noon + 9, lifetimeMs: 9, description: token.description },
    });
    expect(await store().tokens.insert(newToken(owner.id, { nameFolded: 'theirs' }), 10)).toBe('name-taken');
  });

  it('stores rules, and when they changed', async () => {
    const token = await addToken(store(), (await addUser(store())).id, { rules: '{"read_only":true}' });
    const rulesOf = async () => {
      const found = await store().tokens.findById(token.id);
      return [found?.rules, found?.rulesChangedAt];
    };
    expect(await rulesOf()).toEqual(['{"read_only":true}', null]);
    await store().tokens.edit(token.id, { rules: '{"apps":[]}', rulesChangedAt: noon + 5 });
    expect(await rulesOf()).toEqual(['{"apps":[]}', noon + 5]);
    await store().tokens.edit(token.id, { rules: null, rulesChangedAt: noon + 6 });
    expect(await rulesOf()).toEqual([null, noon + 6]);
  });

  it("keeps a superuser's pause from the owner until it has ended", async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    const pause = (at: number, bySuperuser: boolean, until: number | null = null) =>
      store().tokens.pause(token.id, { at, until, reason: 'r', actor, bySuperuser });
    expect([await pause(noon, false), await pause(noon, true, noon + 9), await pause(noon + 8, false)]).toEqual([
      ...[true, true, false],
    ]);
    expect(await store().tokens.resume(token.id, noon + 8, false)).toBe(false);
    expect(await store().tokens.findById(token.id)).toMatchObject({ pausedUntil: noon + 9, pausedBySuperuser: true });
    expect(await pause(noon + 9, false)).toBe(true);
    expect(await store().tokens.resume(token.id, noon + 10, false)).toBe(true);
    expect(await store().tokens.findById(token.id)).toMatchObject({ pausedAt: null, resumedAt: noon + 10 });
    expect([
      await store().tokens.pause('none', { at: noon, until: null, reason: null, actor, bySuperuser: true }),
    ]).toEqual([false]);
  });
}
