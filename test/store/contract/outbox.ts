import { describe, expect, it } from 'vitest';
import type { MailLink } from '../../../server/store/records.ts';
import type { Store } from '../../../server/store/store.ts';
import { mail, noon } from './records.ts';

export function outboxContract(store: () => Store): void {
  const enqueue = async (createdAt = noon) => {
    const message = mail({ createdAt });
    await store().outbox.enqueue(message);
    return message;
  };
  const claim = (now: number, leaseId = 'a-lease', limit = 10) =>
    store().outbox.claim({ now, leaseMs: 100, leaseId, limit });
  const claimedIds = async (...args: Parameters<typeof claim>) => (await claim(...args)).map(({ id }) => id);

  it('leases due messages, oldest first, and counts the attempt', async () => {
    const [one, two, three] = [await enqueue(), await enqueue(), await enqueue(noon + 50)];
    expect(await claim(noon)).toEqual([
      { ...one, link: null, deletedUserId: null, attempts: 1 },
      { ...two, link: null, deletedUserId: null, attempts: 1 },
    ]);
    expect(await claimedIds(noon + 50)).toEqual([three.id]);
  });

  it('knows the deleted member of a last message, which is none of a living member’s', async () => {
    await store().outbox.enqueue({ ...mail(), deletedUserId: 'ada' });
    expect(await claim(noon)).toMatchObject([{ link: null, deletedUserId: 'ada' }]);
  });

  it('leases at most the requested number, each message to one worker', async () => {
    const ids = [(await enqueue()).id, (await enqueue()).id, (await enqueue()).id];
    expect(await claimedIds(noon, 'one', 2)).toEqual(ids.slice(0, 2));
    expect(await claimedIds(noon, 'two', 2)).toEqual(ids.slice(2));
    expect(await claimedIds(noon, 'three')).toEqual([]);

    const many = await Promise.all(Array.from({ length: 6 }, (_, index) => claimedIds(noon + 100, `w${index}`, 1)));
    expect(many.flat().sort()).toEqual([...ids].sort());
  });

  it('leases messages to the recipients after another one', async () => {
    const to = (name: string) => mail({ to: `${name}@example.com` });
    const [ada, bob, cy] = [to('ada'), to('bob'), to('cy')];
    for (const message of [cy, bob, ada]) await store().outbox.enqueue(message);
    const lease = { now: noon, leaseMs: 100, leaseId: 'a-lease', limit: 1 };
    const next = async (afterRecipient: string) => {
      const [claimed] = await store().outbox.claim({ ...lease, afterRecipient });
      return claimed?.id;
    };
    expect(await next('ada@example.com')).toBe(bob.id);
    expect(await next('bob@example.com')).toBe(cy.id);
    expect(await next('cy@example.com')).toBeUndefined();
    expect(await next('')).toBe(ada.id);
  });

  it('leases a message again after its lease expires', async () => {
    const { id } = await enqueue();
    await claim(noon);
    expect(await claim(noon + 99)).toEqual([]);
    expect(await claim(noon + 100)).toEqual([expect.objectContaining({ id, attempts: 2 })]);
  });

  it('never leases a message that was sent or given up', async () => {
    const [sent, hopeless] = [await enqueue(), await enqueue()];
    await claim(noon, 'mine');
    await store().outbox.markSent(sent.id, 'mine', noon);
    await store().outbox.giveUp(hopeless.id, 'mine', noon, 'refused');
    expect(await claim(noon + 1_000_000)).toEqual([]);
    await store().outbox.releaseAllLeases();
    expect(await claim(noon + 1_000_000)).toEqual([]);
  });

  it('leases a failed message again when it is due', async () => {
    const { id } = await enqueue();
    await claim(noon, 'mine');
    await store().outbox.retryLater(id, 'mine', noon + 500, 'connection refused');
    expect(await claim(noon + 499)).toEqual([]);
    expect(await claimedIds(noon + 500)).toEqual([id]);
  });

  it('brings forward messages to be retried, but no leased ones', async () => {
    const [waits, leased] = [await enqueue(), await enqueue()];
    await claim(noon, 'mine');
    await store().outbox.retryLater(waits.id, 'mine', noon + 500, 'connection refused');
    expect(await store().outbox.bringForward(noon, 'nobody@example.com')).toBe(0);
    expect(await store().outbox.bringForward(noon)).toBe(1);
    expect(await claimedIds(noon)).toEqual([waits.id]);
    expect(await claimedIds(noon + 100)).toEqual([waits.id, leased.id]);
  });

  it('ignores calls with a lease that is no longer held', async () => {
    const { id } = await enqueue();
    await claim(noon, 'mine');
    await store().outbox.markSent(id, 'theirs', noon);
    await store().outbox.giveUp(id, 'theirs', noon, 'x');
    await store().outbox.retryLater(id, 'theirs', noon, 'x');
    expect(await claim(noon + 99)).toEqual([]);
    expect(await claimedIds(noon + 100, 'next')).toEqual([id]);

    await store().outbox.markSent(id, 'mine', noon);
    expect(await claimedIds(noon + 200)).toEqual([id]);
  });

  it('releases all leases when the only daemon starts', async () => {
    const { id } = await enqueue();
    await claim(noon, 'killed');
    await store().outbox.releaseAllLeases();
    expect(await claim(noon)).toEqual([expect.objectContaining({ id, attempts: 2 })]);
  });

  it('leaves messages alone that are scheduled for later', async () => {
    const { id } = await enqueue();
    await claim(noon, 'mine');
    await store().outbox.retryLater(id, 'mine', noon + 500, 'x');
    await store().outbox.releaseAllLeases();
    expect(await claim(noon + 499)).toEqual([]);
  });

  it('reports the pending messages, the age of the oldest, and the dead letters', async () => {
    expect(await store().outbox.backlog()).toEqual({ pending: 0, dead: 0, oldestAt: null });
    const sent = await enqueue();
    const dead = await enqueue();
    await claim(noon, 'mine');
    await store().outbox.markSent(sent.id, 'mine', noon);
    await store().outbox.giveUp(dead.id, 'mine', noon, 'refused');
    await enqueue(noon + 2000);
    await enqueue(noon + 1000);
    expect(await store().outbox.backlog()).toEqual({ pending: 2, dead: 1, oldestAt: noon + 1000 });
  });

  it('lists the messages that wait, the next to be tried first, with the last error', async () => {
    const [failed, leased] = [await enqueue(), await enqueue()];
    const fresh = await enqueue(noon + 200);
    await claim(noon, 'mine');
    await store().outbox.retryLater(failed.id, 'mine', noon + 500, 'connection refused');
    const listed = ({ id, to, subject, createdAt }: typeof failed) => ({ id, to, subject, createdAt });
    expect(await store().outbox.waiting(9)).toEqual([
      { ...listed(leased), attempts: 1, dueAt: noon + 100, leased: true, error: null },
      { ...listed(fresh), attempts: 0, dueAt: noon + 200, leased: false, error: null },
      { ...listed(failed), attempts: 1, dueAt: noon + 500, leased: false, error: 'connection refused' },
    ]);
    expect(await store().outbox.waiting(1)).toHaveLength(1);
    await store().outbox.markSent(leased.id, 'mine', noon);
    await claim(noon + 500, 'next');
    await store().outbox.giveUp(failed.id, 'next', noon + 500, 'refused');
    expect((await store().outbox.waiting(9)).map(({ id }) => id)).toEqual([fresh.id]);
  });

  it('lists dead letters newest first, and revives them with no attempts counted', async () => {
    const [first, second, later] = [await enqueue(), await enqueue(), await enqueue(noon + 9)];
    await claim(noon, 'mine');
    expect(await store().outbox.giveUp(first.id, 'theirs', noon, 'x')).toBe(false);
    expect(await store().outbox.giveUp(first.id, 'mine', noon + 1, 'refused')).toBe(true);
    expect(await store().outbox.giveUp(second.id, 'mine', noon + 2, 'refused too')).toBe(true);
    const letter = ({ id, to, subject, createdAt }: typeof first) => ({ id, to, subject, createdAt, attempts: 1 });
    expect(await store().outbox.deadLetters(9)).toEqual([
      { ...letter(second), gaveUpAt: noon + 2, error: 'refused too' },
      { ...letter(first), gaveUpAt: noon + 1, error: 'refused' },
    ]);
    expect(await store().outbox.deadLetters(1)).toHaveLength(1);
    expect(await store().outbox.revive(noon + 5, 'nobody@example.com')).toBe(0);
    expect(await store().outbox.revive(noon + 5)).toBe(2);
    expect(await claim(noon + 4)).toEqual([]);
    expect(await claim(noon + 5)).toMatchObject([
      { id: first.id, attempts: 1 },
      { id: second.id, attempts: 1 },
    ]);
    expect(await store().outbox.deadLetters(9)).toEqual([]);
    expect(await claimedIds(noon + 9, 'next')).toEqual([later.id]);
  });

  it('knows when the last message was sent, although it is purged', async () => {
    expect(await store().outbox.lastSentAt()).toBeNull();
    for (const at of [noon + 5, noon + 9, noon + 7]) {
      const { id } = await enqueue();
      await claim(noon);
      await store().outbox.markSent(id, 'another-lease', noon + 99);
      await store().outbox.markSent(id, 'a-lease', at);
    }
    await store().outbox.purgeSent(noon + 1000, 10);
    expect(await store().outbox.lastSentAt()).toBe(noon + 9);
  });

  it('purges a bounded number of messages sent long ago, and no others', async () => {
    const ids = [(await enqueue()).id, (await enqueue()).id, (await enqueue()).id];
    const later = await enqueue(noon + 1000);
    const deadLetter = await enqueue();
    await claim(noon, 'mine');
    for (const id of ids) await store().outbox.markSent(id, 'mine', noon);
    await store().outbox.giveUp(deadLetter.id, 'mine', noon, 'refused for good');
    expect(await store().outbox.purgeSent(noon, 2)).toBe(0);
    expect(await store().outbox.purgeSent(noon + 1, 2)).toBe(2);
    expect(await store().outbox.purgeSent(noon + 1, 2)).toBe(1);
    expect(await store().outbox.purgeSent(noon + 5000, 2)).toBe(0);
    expect(await claimedIds(noon + 1000)).toEqual([later.id]);
  });

  describe('a message with a link', () => {
    const enqueueLink = async (link: MailLink) => {
      const message = mail();
      await store().outbox.enqueue({ ...message, link });
      return message.id;
    };
    const link = (userId: string, kind: MailLink['kind'] = 'invitation') => ({ kind, userId, data: '{"a":1}' });

    it('is leased with what its link needs', async () => {
      await enqueueLink(link('ada'));
      expect(await claim(noon)).toMatchObject([{ link: link('ada') }]);
    });

    it('is withdrawn with all others of the member, or those of one kind, until it is sent', async () => {
      const sent = await enqueueLink(link('ada'));
      await claim(noon, 'mine');
      await store().outbox.markSent(sent, 'mine', noon);
      const reset = await enqueueLink(link('ada', 'password-reset'));
      await enqueueLink(link('ada'));
      const others = await enqueueLink(link('bob'));
      const plain = await enqueue();
      await store().outbox.withdrawLinks('ada', 'invitation');
      expect(await claimedIds(noon)).toEqual([reset, others, plain.id]);
      await store().outbox.withdrawLinks('ada');
      expect(await claimedIds(noon + 100)).toEqual([others, plain.id]);
      expect(await store().outbox.purgeSent(noon + 1, 9)).toBe(1);
    });

    it('is withdrawn by the worker that leased it, and by no other', async () => {
      const id = await enqueueLink(link('ada'));
      await claim(noon, 'mine');
      expect(await store().outbox.hasLease(id, 'mine')).toBe(true);
      expect(await store().outbox.hasLease(id, 'theirs')).toBe(false);
      expect(await store().outbox.withdraw(id, 'theirs')).toBe(false);
      expect(await store().outbox.hasLease(id, 'mine')).toBe(true);
      expect(await store().outbox.withdraw(id, 'mine')).toBe(true);
      expect(await claim(noon + 100)).toEqual([]);
      expect(await store().outbox.hasLease(id, 'mine')).toBe(false);
    });
  });
}
