import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { actor, addToken, addUser, noon, useOf } from '../records.ts';

const hour = 60 * 60 * 1000;
const times = (at: number) => ({ at, toldBefore: at - hour });

/** Canaries are found apart from tokens, and people are told of them once an hour. */
export function canaryContract(store: () => Store): void {
  async function addCanary() {
    const owner = await addUser(store());
    return { owner, canary: await addToken(store(), owner.id, { canary: true }) };
  }
  const claim = (id: string, uses: number, at: number) =>
    store().transaction(async (store) => {
      await store.canaries.addUses(new Map([[id, uses]]));
      return store.canaries.claimUses(id, times(at));
    });

  it('finds a canary by its hash as a canary, and its tombstone never', async () => {
    const { owner, canary } = await addCanary();
    const match = { kind: 'canary', hash: canary.hash };
    const hashes = ['nothing', canary.hash, `canary:${canary.hash}`];
    expect(await store().tokens.findByHashes([canary.hash])).toEqual([match]);
    expect(await store().tokens.findByHashes(hashes)).toMatchObject([null, match, { kind: 'token' }]);
    expect((await store().tokens.findByHashesAndVersion(hashes.slice(0, 2))).matches).toEqual([null, match]);
    const { matches } = await store().tokens.findByHashesAndApps([canary.hash], [{ kind: 'name', name: 'wiki' }]);
    expect(matches).toEqual([match]);
    const { id, prefix, name } = canary;
    const found = new Map([[canary.hash, { id, prefix, name, ownerId: owner.id, ownerEmail: owner.email }]]);
    expect(await store().canaries.findByHashes(hashes)).toEqual(found);
    await store().tokens.destroy(canary.id, noon + 1, actor);
    expect(await store().tokens.findByHashes(hashes.slice(0, 2))).toEqual([null, null]);
    expect(await store().canaries.findByHashes(hashes)).toEqual(new Map());
  });

  it('refuses to give a canary a value that works', async () => {
    const { canary } = await addCanary();
    const value = { hash: 'works', prefix: 'tok_aaaaaaaa', at: noon, validUntil: noon, selfRotated: false };
    const life = { expiresAt: null, lifetimeMs: null, replacesUnused: false };
    await expect(store().tokens.rotate(canary.id, { ...value, ...life })).rejects.toThrow();
  });

  it('adds presentations, and returns their number at most once an hour', async () => {
    const { canary } = await addCanary();
    expect(await claim(canary.id, 3, noon)).toBe(3);
    expect(await claim(canary.id, 2, noon + hour - 1)).toBeNull();
    expect(await claim(canary.id, 0, noon + hour - 1)).toBeNull();
    expect(await store().canaries.due(times(noon + hour - 1), 10)).toEqual([]);
    expect(await store().canaries.due(times(noon + hour), 10)).toEqual([canary.id]);
    expect(await claim(canary.id, 5, noon + hour)).toBe(7);
    expect(await claim(canary.id, 0, noon + 3 * hour)).toBeNull();
    expect(await store().canaries.due(times(noon + 3 * hour), 10)).toEqual([]);
  });

  it('tells although people were last told in the future, by a clock that was wrong', async () => {
    const { canary } = await addCanary();
    expect(await claim(canary.id, 1, noon + 9 * hour)).toBe(1);
    expect(await claim(canary.id, 1, noon)).toBe(1);
  });

  it('counts the presentations of a paused canary, and tells of them after the pause', async () => {
    const { canary } = await addCanary();
    const pause = { at: noon, until: noon + hour, reason: null, actor, bySuperuser: false };
    await store().tokens.pause(canary.id, pause);
    expect(await claim(canary.id, 4, noon)).toBeNull();
    expect(await store().canaries.due(times(noon), 10)).toEqual([]);
    expect(await store().canaries.due(times(noon + hour), 10)).toEqual([canary.id]);
    expect(await claim(canary.id, 1, noon + hour)).toBe(5);
  });

  it('returns a number to one of several nodes that claim at the same time, and loses no presentation', async () => {
    const { canary } = await addCanary();
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(canary.id, 1, noon)));
    const told = claims.filter((uses) => uses !== null);
    expect(told).toHaveLength(1);
    expect(await claim(canary.id, 0, noon + hour)).toBe(7 - ((told[0] ?? 0) - 1) || null);
  });

  it('returns stored presentations to one of several nodes that claim at the same time', async () => {
    const { canary } = await addCanary();
    const claimStored = () => store().transaction((store) => store.canaries.claimUses(canary.id, times(noon)));
    await store().canaries.addUses(new Map([[canary.id, 3]]));
    const claims = await Promise.all(Array.from({ length: 8 }, claimStored));
    expect(claims.filter((uses) => uses !== null)).toEqual([3]);
  });

  it('claims nothing for a token that is not a canary, or that is gone', async () => {
    const owner = await addUser(store());
    const token = await addToken(store(), owner.id);
    expect(await claim(token.id, 1, noon)).toBeNull();
    expect(await claim('none', 1, noon)).toBeNull();
    expect(await store().canaries.due(times(noon), 10)).toEqual([]);
  });

  it('leaves canaries out of counts, lists by times and notices', async () => {
    const { owner, canary } = await addCanary();
    const expiring = await addToken(store(), owner.id, { canary: true, expiresAt: noon + hour, lifetimeMs: 99 * hour });
    const context = { now: noon + hour / 2 };
    const filters = [{ noExpiry: true }, { neverUsed: true }, { status: 'active', canaries: false }] as const;
    expect(await store().tokens.countMatching(filters, context)).toEqual([0, 0, 0]);
    expect(await store().tokens.countMatching([{ status: 'active' }], context)).toEqual([2]);
    const page = { limit: 10, before: null, ownerId: owner.id, ...context };
    expect(await store().tokens.list({ ...page, neverUsed: true })).toEqual([]);
    expect((await store().tokens.list(page)).map(({ id }) => id)).toEqual([expiring.id, canary.id]);
    expect(await store().tokens.countExpiring(noon, [noon + hour])).toEqual([0]);
    await store().notices.markExpiring(hour, { after: noon, until: noon + hour, limit: 10 });
    expect(await store().notices.membersToNotify(noon, { after: '', limit: 10 })).toEqual([]);
  });

  it('destroys no canary because nobody used it, and stores its uses', async () => {
    const { canary } = await addCanary();
    const bounds = { now: noon + 9 * hour, noticeBefore: noon + hour, destroyBefore: noon + hour, limit: 100 };
    await store().notices.tidyIdle(bounds, actor);
    expect(await store().tokens.findById(canary.id)).toMatchObject({ canary: true, lastUse: null });
    expect(await store().notices.membersToNotify(bounds.now, { after: '', limit: 10 })).toEqual([]);
    await store().tokens.recordUses([useOf(canary.id, { at: noon + 1 })]);
    expect(await store().tokens.findById(canary.id)).toMatchObject({ lastUse: { at: noon + 1 } });
  });
}
