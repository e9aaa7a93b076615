import { expect, it } from 'vitest';
import { createSessionLifetimes } from '../../../../server/domain/sign-in/session-lifetimes.ts';
import type { SessionRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addUser, noon, sessionRecord } from '../records.ts';

// Seconds, so that the bounds of both kinds lie a few milliseconds apart.
const limits = { console: { idle: 0.01, max: 0.03 }, program: { idle: 0.02, max: 0.1 } };
const bounds = createSessionLifetimes({ now: () => noon }, limits).bounds();

export function sessionContract(store: () => Store): void {
  it('finds a session by its hash, with its user', async () => {
    const user = await addUser(store(), { superuser: true });
    for (const session of [sessionRecord(user.id), sessionRecord(user.id, { ip: null, userAgent: null })]) {
      await store().sessions.insert(session);
      expect(await store().sessions.findByHash(session.hash)).toEqual({ session, user });
    }
    expect(await store().sessions.findByHash('none')).toBeNull();
  });

  it('keeps an encrypted ID token with a session until that ends', async () => {
    const user = await addUser(store());
    const [session, other] = [sessionRecord(user.id), sessionRecord(user.id)];
    for (const one of [session, other]) await store().sessions.insert(one);
    expect(await store().sessions.findIdToken(session.id)).toBeNull();
    await store().sessions.setIdToken(session.id, 'sealed');
    expect(await store().sessions.findIdToken(session.id)).toBe('sealed');
    expect(await store().sessions.findIdToken(other.id)).toBeNull();
    await store().sessions.delete(session.id, user.id);
    await store().sessions.setIdToken(session.id, 'sealed');
    expect(await store().sessions.findIdToken(session.id)).toBeNull();
  });

  it('returns even an expired session of a disabled user', async () => {
    const user = await addUser(store(), { disabled: true });
    const session = sessionRecord(user.id, { expiresAt: 1, lastSeenAt: 1 });
    await store().sessions.insert(session);
    expect(await store().sessions.findByHash(session.hash)).toEqual({ session, user });
  });

  it('rejects a second session with the same hash', async () => {
    const user = await addUser(store());
    const session = sessionRecord(user.id);
    await store().sessions.insert(session);
    await expect(store().sessions.insert(sessionRecord(user.id, { hash: session.hash }))).rejects.toThrow();
  });

  it('moves the time of last activity forward, never back', async () => {
    const user = await addUser(store());
    const session = sessionRecord(user.id);
    await store().sessions.insert(session);
    await store().sessions.touch(session.id, noon + 5);
    await store().sessions.touch(session.id, noon + 2);
    await store().sessions.touch('none', noon);
    expect((await store().sessions.findByHash(session.hash))?.session.lastSeenAt).toBe(noon + 5);
  });

  it('records when one session was confirmed, also at an earlier time, unless it has ended', async () => {
    const user = await addUser(store());
    const [session, other] = [sessionRecord(user.id), sessionRecord(user.id, { confirmedAt: null })];
    for (const one of [session, other]) await store().sessions.insert(one);
    for (const at of [noon + 5, noon - 5]) {
      expect(await store().sessions.confirm(session.id, at)).toBe(true);
      expect((await store().sessions.lock(session.id))?.confirmedAt).toBe(at);
    }
    expect((await store().sessions.lock(other.id))?.confirmedAt).toBeNull();
    await store().sessions.delete(session.id, user.id);
    expect(await store().sessions.confirm(session.id, noon)).toBe(false);
  });

  it("deletes one session, or all of a user's sessions except one", async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const [one, two, three, foreign] = [
      sessionRecord(user.id),
      sessionRecord(user.id),
      sessionRecord(user.id),
      sessionRecord(other.id),
    ];
    for (const session of [one, two, three, foreign]) await store().sessions.insert(session);

    expect(await store().sessions.delete(one.id, other.id)).toBe(false);
    expect(await store().sessions.delete(one.id, user.id)).toBe(true);
    expect(await store().sessions.delete(one.id, user.id)).toBe(false);
    expect(await store().sessions.deleteAllOf(user.id, two.id)).toEqual([three.id]);
    const lock = (id: string) => store().transaction((store) => store.sessions.lock(id));
    expect([await lock(one.id), await lock(two.id)]).toEqual([null, two]);
    expect(await store().sessions.findByHash(two.hash)).not.toBeNull();
    expect(await store().sessions.deleteAllOf(user.id)).toEqual([two.id]);
    expect(await store().sessions.findByHash(two.hash)).toBeNull();
    expect(await store().sessions.findByHash(foreign.hash)).not.toBeNull();
  });

  it("lists a user's active sessions, last seen first, up to the limit", async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const quiet = sessionRecord(user.id, { lastSeenAt: noon - 9, ip: null, userAgent: null });
    const busy = sessionRecord(user.id, { lastSeenAt: noon });
    const newer = sessionRecord(user.id, { lastSeenAt: noon - 9 });
    const hidden = [
      sessionRecord(user.id, { lastSeenAt: noon - 10 }),
      sessionRecord(user.id, { expiresAt: noon }),
      sessionRecord(other.id),
    ];
    for (const session of [quiet, busy, newer, ...hidden]) await store().sessions.insert(session);

    expect(await store().sessions.listOf(user.id, bounds, 10)).toEqual([busy, newer, quiet]);
    expect(await store().sessions.listOf(user.id, bounds, 1)).toEqual([busy]);
  });

  it('purges a bounded number of sessions', async () => {
    const { id } = await addUser(store());
    const alive = sessionRecord(id);
    const ended = [10, 11, 20].map((idle) => sessionRecord(id, { lastSeenAt: noon - idle }));
    for (const session of [alive, ...ended]) await store().sessions.insert(session);

    expect(await store().sessions.purge(bounds, 2)).toBe(2);
    expect(await store().sessions.purge(bounds, 2)).toBe(1);
    expect(await store().sessions.purge(bounds, 2)).toBe(0);
    expect(await store().sessions.findByHash(alive.hash)).not.toBeNull();
  });

  it('lists the sessions that the domain calls active and purges the others, at every bound of every kind', async () => {
    const { id } = await addUser(store());
    const lifetimes = createSessionLifetimes({ now: () => noon }, limits);
    const starts = [null, noon - 29, noon - 30, noon - 99, noon - 100];
    const sessions = starts.flatMap((consoleStartedAt) =>
      starts.flatMap((programStartedAt) =>
        [noon - 9, noon - 10, noon - 19, noon - 20].flatMap((lastSeenAt) =>
          [noon - 29, noon - 30].flatMap((createdAt) =>
            [noon, noon + 1].map((expiresAt) =>
              sessionRecord(id, { consoleStartedAt, programStartedAt, lastSeenAt, createdAt, expiresAt }),
            ),
          ),
        ),
      ),
    );
    for (const session of sessions) await store().sessions.insert(session);
    const active = sessions.filter(lifetimes.isActive);
    const idsOf = (records: SessionRecord[]) => records.map((record) => record.id).toSorted();

    expect(idsOf(await store().sessions.listOf(id, lifetimes.bounds(), 999))).toEqual(idsOf(active));
    expect(await store().sessions.purge(lifetimes.bounds(), 999)).toBe(sessions.length - active.length);
    expect((await store().sessions.deleteAllOf(id)).toSorted()).toEqual(idsOf(active));
    // Otherwise the comparison would show little.
    expect(active.length).toBeGreaterThan(20);
  });
}
