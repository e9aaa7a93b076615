import { expect, it } from 'vitest';
import type { Ticket } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addUser, nextId, noon } from '../records.ts';

function ticket(changes: Partial<Ticket> = {}): Ticket {
  const hash = `hash-of-${nextId()}`;
  return { hash, kind: 'second-step', userId: null, data: '{}', createdAt: noon, expiresAt: noon + 10, ...changes };
}

export function ticketContract(store: () => Store): void {
  const add = async (changes: Partial<Ticket> = {}) => {
    const made = ticket(changes);
    expect(await store().tickets.insert(made)).toBe(true);
    return made;
  };

  it('returns a ticket unchanged, any number of times, until it expires', async () => {
    const { id: userId } = await addUser(store());
    const made = await add({ userId, data: '{"a":"ü"}' });
    for (let i = 0; i < 2; i += 1) expect(await store().tickets.find(made.hash, made.kind, noon + 9)).toEqual(made);
    expect(await store().tickets.find(made.hash, made.kind, noon + 10)).toBeNull();
    expect(await store().tickets.find(made.hash, 'password-reset', noon)).toBeNull();
  });

  it('lets only one of several concurrent callers consume a ticket', async () => {
    const made = await add();
    const results = await Promise.all(
      Array.from({ length: 5 }, () => store().tickets.consume(made.hash, made.kind, noon)),
    );
    expect(results.filter((taken) => taken !== null)).toEqual([made]);
    expect(await store().tickets.find(made.hash, made.kind, noon)).toBeNull();
  });

  it('deletes all tickets of one kind, whoever they belong to', async () => {
    const { id: userId } = await addUser(store());
    const ended = [await add({ kind: 'recovery' }), await add({ kind: 'recovery', userId })];
    const kept = await add({ userId });
    await store().tickets.deleteAllOfKind('recovery');
    for (const { hash, kind } of ended) expect(await store().tickets.find(hash, kind, noon)).toBeNull();
    expect(await store().tickets.find(kept.hash, kept.kind, noon)).toEqual(kept);
  });

  it("gives a member's tickets of some kinds another kind, and leaves the others", async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const changed = [
      await add({ userId: user.id, kind: 'invitation' }),
      await add({ userId: user.id, kind: 'replaced-invitation', data: '{"at":1}' }),
    ];
    const kept = [await add({ userId: user.id }), await add({ userId: other.id, kind: 'invitation' })];
    const change = { kind: 'replaced-invitation', data: '{"at":2}' } as const;
    await store().tickets.changeAllOf(user.id, ['invitation', 'replaced-invitation'], change);
    for (const ticket of changed) {
      expect(await store().tickets.find(ticket.hash, 'invitation', noon)).toBeNull();
      expect(await store().tickets.find(ticket.hash, change.kind, noon)).toEqual({ ...ticket, ...change });
    }
    for (const ticket of kept) expect(await store().tickets.find(ticket.hash, ticket.kind, noon)).toEqual(ticket);
  });

  it('does not return a ticket of another kind or an expired one', async () => {
    const made = await add();
    expect(await store().tickets.consume(made.hash, 'authorization-code', noon)).toBeNull();
    expect(await store().tickets.consume(made.hash, made.kind, noon + 10)).toBeNull();
    expect(await store().tickets.consume(made.hash, made.kind, noon + 9)).toEqual(made);
  });

  it('rejects a second ticket with the same hash and keeps the first', async () => {
    const made = await add();
    expect(await store().tickets.insert({ ...made, data: '"other"' })).toBe(false);
    expect(await store().tickets.find(made.hash, made.kind, noon)).toEqual(made);
  });

  it('replaces a ticket, also one that has expired', async () => {
    const made = await add();
    const next = { ...made, data: '"next"', createdAt: noon + 20, expiresAt: noon + 30 };
    for (let i = 0; i < 2; i += 1) await store().tickets.replace(next);
    expect(await store().tickets.find(made.hash, made.kind, noon + 29)).toEqual(next);
    const other = { ...made, hash: 'of another one' };
    await store().tickets.replace(other);
    expect(await store().tickets.find(other.hash, other.kind, noon)).toEqual(other);
  });

  it('deletes the tickets of one member', async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const [own, foreign, nobodys] = [await add({ userId: user.id }), await add({ userId: other.id }), await add()];
    await store().tickets.deleteAllOf(user.id);
    expect(await store().tickets.find(own.hash, own.kind, noon)).toBeNull();
    for (const left of [foreign, nobodys]) {
      expect(await store().tickets.find(left.hash, left.kind, noon)).toEqual(left);
    }
  });

  it('purges a bounded number of expired tickets', async () => {
    const living = await add({ expiresAt: noon + 1 });
    for (let i = 0; i < 3; i += 1) await add({ expiresAt: noon - i });
    expect(await store().tickets.purge(noon, 2)).toBe(2);
    expect(await store().tickets.purge(noon, 2)).toBe(1);
    expect(await store().tickets.find(living.hash, living.kind, noon)).toEqual(living);
  });
}
