import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { NewToken } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addServiceAccount } from '../accounts/service-accounts.ts';
import { actor, addToken, addUser, noon, useOf } from '../records.ts';

/** Gives the other transaction time to reach the lock that it waits for. */
const pauseMs = 50;

const day = 24 * 60 * 60 * 1000;
const systemActor = { kind: 'system', id: null, email: null } as const;

/** The jobs that destroy tokens of any owner. Each destroys those that `addOld` adds. */
const jobs: Array<[string, (store: Store) => Promise<unknown>]> = [
  [
    'the purge of expired tokens',
    (store) => store.tokens.purgeExpired({ before: noon, shortLived: false, limit: 10 }, noon, actor),
  ],
  [
    'the search for idle tokens',
    (store) =>
      store.notices.tidyIdle(
        { now: noon - 1, limit: 10, noticeBefore: noon - 50 * day, destroyBefore: noon - 100 * day },
        systemActor,
      ),
  ],
];

/** A token that is idle, and expires at noon. */
const old = { createdAt: noon - 200 * day, expiresAt: noon, lifetimeMs: 200 * day };

type Owner = [
  what: string,
  add: (store: Store) => Promise<{ id: string }>,
  remove: (store: Store, id: string) => Promise<unknown>,
];

const owners: Owner[] = [
  ['a member', (store) => addUser(store), (store, id) => store.users.delete(id, noon)],
  [
    'a service account',
    (store) => addServiceAccount(store, 'ci'),
    (store, id) => store.serviceAccounts.delete(id, noon),
  ],
];

export function destructionLockContract(store: () => Store): void {
  const cases = jobs.flatMap(([job, run]) =>
    owners.map(([what, add, remove]) => [job, what, run, add, remove] as const),
  );

  it.each(cases)('%s does not deadlock with the deletion of %s', async (_job, _what, run, add, remove) => {
    const [owner, other] = [await add(store()), await addUser(store())];
    const tokens = [
      await addToken(store(), other.id, old),
      await addToken(store(), owner.id, old),
      // The search for idle tokens only marks this one.
      await addToken(store(), owner.id, { ...old, createdAt: noon - 60 * day }),
      await addToken(store(), other.id, old),
    ];
    let job: Promise<unknown> | undefined;
    await store().transaction(async (deleting) => {
      await deleting.users.lockSuperusers(owner.id, [owner.id]);
      expect(await deleting.tokens.destroyAllOf(owner.id, noon, actor)).toHaveLength(2);
      job = run(store());
      await delay(pauseMs);
      expect(await remove(deleting, owner.id)).toBe(true);
    });
    await job;
    for (const { id } of tokens) expect(await store().tokens.findById(id)).toBeNull();
  });

  it('leaves an expired token to the next purge while another transaction holds it', async () => {
    const owner = await addUser(store());
    const [held, free] = [await addToken(store(), owner.id, old), await addToken(store(), owner.id, old)];
    const purge = () => store().tokens.purgeExpired({ before: noon, shortLived: false, limit: 10 }, noon, actor);
    let purging: Promise<number> | undefined;
    await store().transaction(async (holding) => {
      await holding.tokens.lock(held.id);
      purging = purge();
      await delay(pauseMs);
    });
    // SQLite has one writer, so there the purge came after the other transaction.
    const purged = (await purging) ?? 0;
    expect(purged + (await purge())).toBe(2);
    for (const { id } of [held, free]) expect(await store().tokens.findById(id)).toBeNull();
  });

  it('forgets a deleted superuser in the tokens that they paused while last uses of these tokens are written', async () => {
    const [owner, superuser] = [await addUser(store()), await addUser(store(), { superuser: true })];
    await addUser(store(), { superuser: true });
    const [first, second] = [await addToken(store(), owner.id), await addToken(store(), owner.id)];
    const own = await addToken(store(), superuser.id);
    const by = { kind: 'user', id: superuser.id, email: superuser.email } as const;
    // The newer version of the first token is stored behind the second one.
    for (const { id } of [second, first]) {
      await store().tokens.pause(id, { at: noon, until: null, reason: null, actor: by, bySuperuser: true });
    }
    let deletion: Promise<unknown> | undefined;
    await store().transaction(async (writing) => {
      await writing.tokens.recordUses([useOf(first.id)]);
      deletion = store().transaction(async (deleting) => {
        await deleting.tokens.lockForDeletion(superuser.id);
        await deleting.tokens.destroyAllOf(superuser.id, noon, actor);
        return deleting.users.delete(superuser.id, noon);
      });
      await delay(pauseMs);
      await writing.tokens.recordUses([useOf(second.id), useOf(own.id)]);
    });
    expect(await deletion).toBe(true);
    for (const { id } of [first, second]) {
      expect((await store().tokens.findById(id))?.pausedByEmail).not.toBe(superuser.email);
    }
  });

  /** The jobs that write previous values of any owner. Both find the values that `addPrevious` adds. */
  const jobsOfPreviousValues: Array<[string, (store: Store) => Promise<unknown>]> = [
    [
      'the claim of notices',
      (store) => store.transaction((store) => store.tokens.claimPreviousNotices(noon + day - 1, 10)),
    ],
    ['the purge of previous values', (store) => store.tokens.purgePreviousValues(noon + 2 * day, 10)],
  ];

  const useOfPrevious = ({ id, prefix }: NewToken, at = noon) => ({ ...useOf(id, { at }), prefix, previous: true });

  async function addPrevious(ownerId: string) {
    const token = await addToken(store(), ownerId);
    const value = { prefix: 'tok_rotated1', at: noon, validUntil: noon + day, expiresAt: null, lifetimeMs: null };
    await store().transaction((store) =>
      store.tokens.rotate(token.id, {
        ...value,
        hash: `${token.hash} rotated`,
        selfRotated: false,
        replacesUnused: false,
      }),
    );
    await store().tokens.recordUses([useOfPrevious(token)]);
    return token;
  }

  it.each(jobsOfPreviousValues)('%s does not deadlock with the destruction of tokens', async (_job, run) => {
    const [one, many] = [await addUser(store()), await addUser(store())];
    // In whatever order the job takes the values, it almost certainly takes one of the many before the one.
    const tokens: NewToken[] = [];
    for (const owner of [many, many, many, many, one, many, many, many, many]) tokens.push(await addPrevious(owner.id));
    let job: Promise<unknown> | undefined;
    await store().transaction(async (destroying) => {
      await destroying.tokens.destroyAllOf(one.id, noon, actor);
      job = run(store());
      await delay(pauseMs);
      await destroying.tokens.destroyAllOf(many.id, noon, actor);
    });
    await job;
    for (const { id } of tokens) expect(await store().tokens.findById(id)).toBeNull();
  });

  it.each(jobsOfPreviousValues)('%s finds a value later that another transaction held', async (_job, run) => {
    const { id } = await addUser(store());
    const [held] = [await addPrevious(id), await addPrevious(id)];
    const countOf = (result: unknown) => (Array.isArray(result) ? result.length : Number(result));
    let running: Promise<unknown> | undefined;
    await store().transaction(async (holding) => {
      await holding.tokens.recordUses([useOfPrevious(held, noon + 1)]);
      running = run(store());
      await delay(pauseMs);
    });
    // SQLite has one writer, so there the job came after the other transaction.
    expect(countOf(await running) + countOf(await run(store()))).toBe(2);
  });
}
