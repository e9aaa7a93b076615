import { expect, it } from 'vitest';
import type { NewToken } from '../../../server/store/records.ts';
import type { Store } from '../../../server/store/store.ts';
import { actor, addToken, addUser, noon, useOf } from './records.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const week = 7 * day;

export function noticeContract(store: () => Store): void {
  const span = (after: number, until: number, limit = 100) => ({ after, until, limit });
  const addExpiring = (ownerId: string, expiresAt: number, lifetimeMs = 90 * day) =>
    addToken(store(), ownerId, { createdAt: expiresAt - lifetimeMs, expiresAt, lifetimeMs });
  const due = async (ownerId: string, now = noon) =>
    store().transaction(async (store) =>
      (await store.notices.due(ownerId, { now, limit: 100 })).map(({ token, within }) => [token.id, within]),
    );

  it('marks the tokens of a span, batch by batch, and each of them once', async () => {
    const owner = await addUser(store());
    const tokens: NewToken[] = [];
    // Several expire at the same time, as those do whose expiry is a date.
    for (const days of [0, 1, 2, 2, 2, 2, 7, 7.5]) tokens.push(await addExpiring(owner.id, noon + days * day));
    const inSpan = tokens.slice(1, 7).map(({ id }) => [id, week]);
    const run = () => store().notices.markExpiring(week, span(noon, noon + week, 2));
    expect(await run()).toBe(true);
    expect(await due(owner.id)).toEqual(inSpan.slice(0, 2));
    while (await run());
    expect(await due(owner.id)).toEqual(inSpan);
    await store().notices.settle(
      inSpan.map(([id]) => String(id)),
      [],
      noon,
    );
    expect(await run()).toBe(false);
    expect(await due(owner.id)).toEqual([]);
    expect(await store().notices.markExpiring(week, span(noon + day, noon + week + day))).toBe(false);
    expect(await due(owner.id)).toEqual([[tokens[7]?.id, week]]);
  });

  it('marks no token with a lifetime of at most a day, or of at most twice the threshold', async () => {
    const owner = await addUser(store());
    await addExpiring(owner.id, noon + hour, day);
    await addExpiring(owner.id, noon + day, 2 * day);
    await addToken(store(), owner.id);
    const marked = await addExpiring(owner.id, noon + day, 2 * day + 1);
    const { id: old } = await addToken(store(), owner.id, { createdAt: noon - 2 * day, expiresAt: noon + day });
    await store().notices.markExpiring(day, span(noon, noon + day));
    expect(await due(owner.id)).toEqual([
      [marked.id, day],
      [old, day],
    ]);
    await store().notices.markExpiring(hour / 2, span(noon + 1, noon + hour));
    expect(await due(owner.id)).toHaveLength(2);
  });

  it('marks a token for a new threshold only if it was not marked for a tighter one', async () => {
    const owner = await addUser(store());
    const near = await addExpiring(owner.id, noon + 6 * day);
    const far = await addExpiring(owner.id, noon + 20 * day);
    await store().notices.markExpiring(week, span(noon, noon + week));
    await store().notices.settle([near.id], [], noon);
    await store().notices.markExpiring(30 * day, span(noon, noon + 30 * day));
    expect(await due(owner.id)).toEqual([[far.id, 30 * day]]);
  });

  it('looks at no token again after a small step back of the clock, and starts over after a large one', async () => {
    const owner = await addUser(store());
    const token = await addExpiring(owner.id, noon + week);
    const mark = (now: number) => store().notices.markExpiring(week, span(now, now + week));
    await mark(noon);
    await store().notices.settle([token.id], [], noon);
    await mark(noon - hour);
    await mark(noon);
    expect(await due(owner.id)).toEqual([]);
    await mark(noon + 365 * day);
    const later = await addExpiring(owner.id, noon + week + hour);
    await mark(noon);
    await mark(noon + hour);
    expect(await due(owner.id)).toEqual([[later.id, week]]);
  });

  it('marks a token once if several nodes look at the same time', async () => {
    const owner = await addUser(store());
    for (let index = 0; index < 20; index += 1) await addExpiring(owner.id, noon + day + index);
    const node = async () => {
      while (await store().notices.markExpiring(week, span(noon, noon + week, 5)));
    };
    await Promise.all([node(), node()]);
    expect(await due(owner.id)).toHaveLength(20);
  });

  it('marks tokens that expired and were used in the week before, and no others', async () => {
    const owner = await addUser(store());
    const used = await addExpiring(owner.id, noon);
    const unused = await addExpiring(owner.id, noon);
    const short = await addExpiring(owner.id, noon, day);
    await store().tokens.recordUses([
      useOf(used.id, { at: noon - week }),
      useOf(unused.id, { at: noon - week - 1 }),
      useOf(short.id, { at: noon - 1 }),
    ]);
    await store().notices.markExpiring(week, span(noon - 1, noon));
    expect(await due(owner.id)).toHaveLength(2);
    await store().notices.markExpired(span(noon - day, noon));
    expect(await due(owner.id)).toEqual([[used.id, 0]]);
  });

  it('names members with due notices, in order, and not those who may use no tokens or got their mail', async () => {
    const members: string[] = [];
    for (const changes of [{}, {}, {}, { disabled: true }, { canManageTokens: false }]) {
      const { id } = await addUser(store(), changes);
      members.push(id);
      for (let index = 0; index < 2; index += 1) await addExpiring(id, noon + day);
    }
    await addUser(store());
    await store().notices.markExpiring(week, span(noon, noon + week));
    const page = (after: string, limit: number) => store().notices.membersToNotify(noon, { after, limit });
    expect(await page('', 2)).toEqual(members.slice(0, 2));
    expect(await page(members[1] ?? '', 2)).toEqual(members.slice(2, 3));
    expect(await store().notices.claimDay(members[0] ?? '', noon)).toBe(true);
    expect(await page('', 10)).toEqual(members.slice(1, 3));
    expect(await store().notices.membersToNotify(noon + 12 * hour, { after: '', limit: 10 })).toEqual(
      members.slice(0, 3),
    );
  });

  it('lets one caller claim the mail of a UTC day, also after a clock was wrong', async () => {
    const { id } = await addUser(store());
    const midnight = noon + 12 * hour;
    const claims = await Promise.all([1, 2, 3].map(() => store().notices.claimDay(id, noon)));
    expect(claims.sort()).toEqual([false, false, true]);
    expect(await store().notices.claimDay(id, midnight - 1)).toBe(false);
    expect(await store().notices.claimDay(id, midnight)).toBe(true);
    expect(await store().notices.claimDay(id, midnight - 1)).toBe(false);
    expect(await store().notices.claimDay(id, noon + 365 * day)).toBe(true);
    expect(await store().notices.claimDay(id, midnight)).toBe(true);
  });

  it('looks at all tokens once an hour, marks those that are idle soon and destroys those that were idle for long', async () => {
    const owner = await addUser(store());
    const at = (days: number) => ({ createdAt: noon - days * day });
    const active = await addToken(store(), owner.id, at(10));
    const soon = await addToken(store(), owner.id, at(80));
    const used = await addToken(store(), owner.id, at(200));
    await store().tokens.recordUses([useOf(used.id, { at: noon - day })]);
    const long = await addToken(store(), owner.id, at(121));
    const ended = await addToken(store(), owner.id, { ...at(121), expiresAt: noon });
    const pass = (now = noon, limit = 2) =>
      store().notices.tidyIdle(
        { now, limit, noticeBefore: now - 76 * day, destroyBefore: now - 120 * day },
        { kind: 'system', id: null, email: null },
      );
    expect(await pass()).toBe(true);
    expect(await pass()).toBe(true);
    expect(await pass()).toBe(false);
    expect(await due(owner.id)).toEqual([[soon.id, -1]]);
    expect(await store().tokens.findByHashes([long.hash])).toMatchObject([{ kind: 'tombstone', reason: 'idle' }]);
    for (const { id } of [active, used, ended]) expect(await store().tokens.findById(id)).not.toBeNull();

    await store().notices.settle([soon.id], [soon.id], noon);
    expect(await pass(noon + hour - 1)).toBe(false);
    expect(await pass(noon + hour, 100)).toBe(false);
    expect(await due(owner.id)).toEqual([]);
    await store().tokens.recordUses([useOf(soon.id, { at: noon + hour })]);
    await pass(noon + 80 * day, 100);
    expect((await due(owner.id)).map(([id]) => id)).toEqual([active.id, soon.id, used.id]);
  });

  it('keeps idle tokens whose owner may not use tokens at the moment', async () => {
    const created = { createdAt: noon - 200 * day };
    const owners = [
      await addUser(store(), { disabled: true }),
      await addUser(store(), { canManageTokens: false }),
      await addUser(store(), { ssoSignedInAt: noon - 2 * day }),
    ];
    const kept = await Promise.all(owners.map(({ id }) => addToken(store(), id, created)));
    const other = await addToken(store(), (await addUser(store(), { ssoSignedInAt: noon })).id, created);
    await store().notices.tidyIdle(
      { now: noon + 365 * day, limit: 1_000, noticeBefore: null, destroyBefore: noon, ssoStaleBefore: noon - day },
      { kind: 'system', id: null, email: null },
    );
    expect(await store().tokens.findById(other.id)).toBeNull();
    for (const { id } of kept) expect(await store().tokens.findById(id)).not.toBeNull();
  });

  it('collects events while a window is open, and returns them once when it closes', async () => {
    const { id: userId } = await addUser(store());
    const { id: other } = await addUser(store());
    const event = (id: string) => ({ id, userId, event: JSON.stringify({ id }) });
    const collect = (now: number, ...ids: string[]) =>
      store().collectedEvents.collect(ids.map(event), { userId, now, windowMs: hour });
    const closed = (now: number) =>
      store().collectedEvents.membersWithClosedWindows(now, hour, { after: '', limit: 10 });
    const take = (now: number) => store().collectedEvents.take(userId, now, hour);

    expect(await collect(noon, 'a')).toBe(false);
    expect(await collect(noon + 1, 'b')).toBe(true);
    expect(await collect(noon + 2, 'c', 'd')).toBe(true);
    expect(await closed(noon + hour - 1)).toEqual([]);
    expect(await take(noon + hour - 1)).toEqual([]);
    expect(await closed(noon + hour)).toEqual([userId]);
    const taken = (await Promise.all([take(noon + hour), take(noon + hour)])).flat();
    expect(taken).toEqual(['b', 'c', 'd'].map(event));
    expect(await collect(noon + hour + 1, 'e')).toBe(true);
    expect(await take(noon + 2 * hour)).toEqual([event('e')]);
    expect(await take(noon + 3 * hour)).toEqual([]);
    expect(await closed(noon + 9 * hour)).toEqual([]);
    expect(await collect(noon + 3 * hour, 'f')).toBe(false);
    // Nothing closed the window. It ended all the same, because it is empty.
    expect(await collect(noon + 4 * hour, 'g')).toBe(false);
    expect(await store().collectedEvents.take(other, noon, hour)).toEqual([]);
  });

  it('closes a window early if it holds very many events, or if it would close too late', async () => {
    const { id: userId } = await addUser(store());
    const events = Array.from({ length: 1_001 }, (_, index) => ({
      id: `event-${10_000 + index}`,
      userId,
      event: '{}',
    }));
    const { collectedEvents } = store();
    await collectedEvents.collect([], { userId, now: noon, windowMs: day });
    await collectedEvents.collect(events, { userId, now: noon + 1, windowMs: day });
    expect(await collectedEvents.membersWithClosedWindows(noon + 1, day, { after: '', limit: 10 })).toEqual([userId]);
    expect(await collectedEvents.take(userId, noon + 1, day)).toHaveLength(1_000);
    expect(await collectedEvents.take(userId, noon + 1, day)).toHaveLength(1);
    expect(await collectedEvents.membersWithClosedWindows(noon + 2, day, { after: '', limit: 10 })).toEqual([]);
    expect(await collectedEvents.membersWithClosedWindows(noon + 2, hour, { after: '', limit: 10 })).toEqual([userId]);
  });

  it('turns expired tokens into tombstones, short-lived ones separately', async () => {
    const [one, two] = [await addUser(store()), await addUser(store())];
    const long = await addExpiring(one.id, noon - 30 * day, day + 1);
    const short = await addExpiring(two.id, noon - hour, day);
    const kept = [
      await addExpiring(one.id, noon - 30 * day + 1, day + 1),
      await addExpiring(one.id, noon - hour + 1, day),
      await addToken(store(), two.id),
    ];
    const purge = (before: number, shortLived: boolean, limit = 10) =>
      store().tokens.purgeExpired({ before, shortLived, limit }, noon, actor);
    expect(await purge(noon - 30 * day, false)).toBe(1);
    expect(await purge(noon - hour, true)).toBe(1);
    for (const { hash } of [long, short]) {
      expect(await store().tokens.findByHashes([hash])).toMatchObject([{ kind: 'tombstone', reason: 'expired' }]);
    }
    for (const { id } of kept) expect(await store().tokens.findById(id)).not.toBeNull();
    expect(await purge(noon, false, 1)).toBe(1);
    expect(await store().tokens.findById(kept[0]?.id ?? '')).toBeNull();
  });

  it('counts the tokens that expire within several times', async () => {
    const owner = await addUser(store());
    for (const at of [noon, noon + 1, noon + 2, noon + 3]) await addExpiring(owner.id, at);
    await addToken(store(), owner.id);
    expect(await store().tokens.countExpiring(noon, [noon + 1, noon + 2, noon + 9])).toEqual([1, 2, 3]);
  });
}
