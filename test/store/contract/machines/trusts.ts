import { expect, it } from 'vitest';
import type { ListedTrust, TrustPin, TrustRecord, UserRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addServiceAccount } from '../accounts/service-accounts.ts';
import { addUser, firstPage, nextId, noon } from '../records.ts';

let named = 0;

/** Stores a service account with a name of its own. */
export function addAccount(store: Store): Promise<UserRecord> {
  named += 1;
  return addServiceAccount(store, `account-${named}`);
}

export function trustRecord(serviceAccountId: string, changes: Partial<TrustRecord> = {}): TrustRecord {
  const id = changes.id ?? nextId();
  return {
    id,
    name: `trust-${id}`,
    serviceAccountId,
    issuer: 'https://issuer.example.com',
    audience: null,
    claims: '{"sub":"repo:acme/api:*"}',
    rules: null,
    ttlSeconds: 900,
    mayBeInternal: true,
    createdAt: noon,
    changedAt: noon,
    ...changes,
  };
}

/** Stores a trust, and returns it as lists show it. */
export async function addTrust(
  store: Store,
  account: UserRecord,
  changes: Partial<TrustRecord> = {},
): Promise<ListedTrust> {
  const trust = trustRecord(account.id, changes);
  expect(await store.trusts.insert(trust)).toBe(true);
  return { ...trust, serviceAccount: account.name };
}

export function trustContract(store: () => Store): void {
  it('returns a trust as it was stored, with the name of its service account', async () => {
    const account = await addAccount(store());
    const plain = await addTrust(store(), account);
    const full = await addTrust(store(), account, { audience: 'tokens', rules: '{"read_only":true}' });
    expect(await store().trusts.findById(plain.id)).toEqual(plain);
    expect(await store().trusts.findById(full.id)).toEqual(full);
    expect(await store().trusts.findById(nextId())).toBeNull();
  });

  it('rejects a name that another trust has', async () => {
    const account = await addAccount(store());
    const first = await addTrust(store(), account, { name: 'deploy' });
    expect(await store().trusts.insert(trustRecord(account.id, { name: 'deploy' }))).toBe(false);
    expect(await store().trusts.list(firstPage)).toEqual([first]);
  });

  it('lists newest first, in pages, and finds trusts by name, issuer and service account', async () => {
    const [ci, other] = [await addAccount(store()), await addAccount(store())];
    const oldest = await addTrust(store(), ci, { issuer: 'https://a.example.com' });
    const middle = await addTrust(store(), other, { issuer: 'https://b.example.com' });
    const newest = await addTrust(store(), ci, { issuer: 'https://b.example.com' });
    expect(await store().trusts.list(firstPage)).toEqual([newest, middle, oldest]);
    expect(await store().trusts.list({ limit: 1, before: newest.id })).toEqual([middle]);
    expect(await store().trusts.list({ ...firstPage, name: oldest.name })).toEqual([oldest]);
    expect(await store().trusts.list({ ...firstPage, name: 'none' })).toEqual([]);
    const member = await addUser(store());
    await store().serviceAccounts.addMaintainer(ci.id, member.id);
    const maintained = (page: object) => store().trusts.list({ ...firstPage, ...page, maintainerId: member.id });
    expect(await maintained({})).toEqual([newest, oldest]);
    expect(await maintained({ before: newest.id })).toEqual([oldest]);
    expect(await maintained({ name: middle.name })).toEqual([]);
    expect(await store().trusts.list({ ...firstPage, maintainerId: nextId() })).toEqual([]);
    expect(await store().trusts.ofIssuer('https://b.example.com')).toEqual([middle, newest]);
    expect(await store().trusts.ofIssuer('https://b.example.com/')).toEqual([]);
    expect(await store().trusts.ofServiceAccount(ci.id)).toEqual([oldest, newest]);
  });

  it('changes only the fields of an edit', async () => {
    const [ci, other] = [await addAccount(store()), await addAccount(store())];
    const trust = await addTrust(store(), ci, { audience: 'tokens', rules: '{"read_only":true}' });
    const steps: Array<Partial<TrustRecord>> = [
      {},
      { audience: null },
      { rules: null },
      { issuer: 'https://new.example.com', claims: '{"a":"b"}', ttlSeconds: 60 },
      { serviceAccountId: other.id },
    ];
    let expected = trust;
    for (const step of steps) {
      const changedAt = expected.changedAt + 1;
      expected = { ...expected, ...step, changedAt };
      expect(await store().trusts.edit(trust.id, { ...step, changedAt })).toBe(true);
      const serviceAccount = expected.serviceAccountId === ci.id ? ci.name : other.name;
      expect(await store().trusts.findById(trust.id)).toEqual({ ...expected, serviceAccount });
    }
    expect(await store().trusts.edit(nextId(), { changedAt: noon })).toBe(false);
  });

  it('locks a trust for a change and for use, and returns it as it is', async () => {
    const trust = await addTrust(store(), await addAccount(store()));
    await store().transaction(async (store) => {
      expect(await store.trusts.lockForUse(trust.id)).toEqual(trust);
      expect(await store.trusts.lock(trust.id)).toEqual(trust);
      expect(await store.trusts.lock(nextId())).toBeNull();
      expect(await store.trusts.lockForUse(nextId())).toBeNull();
    });
  });

  it('keeps the ID that a name had first, for each trust and kind, until they are forgotten or the trust is deleted', async () => {
    const account = await addAccount(store());
    const [one, other] = [await addTrust(store(), account), await addTrust(store(), account)];
    const pin: TrustPin = { trustId: one.id, kind: 'repository', name: 'acme/api', pinnedId: '1' };
    expect(await store().trusts.pin(pin)).toEqual(pin);
    expect(await store().trusts.pin({ ...pin, pinnedId: '2' })).toEqual(pin);
    for (const change of [{ trustId: other.id }, { name: 'acme/web' }, { kind: 'owner' as const }]) {
      const another = { ...pin, ...change, pinnedId: '2' };
      expect(await store().trusts.pin(another)).toEqual(another);
    }
    await store().trusts.forgetPins(one.id);
    expect(await store().trusts.pin({ ...pin, pinnedId: '3' })).toEqual({ ...pin, pinnedId: '3' });
    expect(await store().trusts.pin({ ...pin, trustId: other.id })).toMatchObject({ pinnedId: '2' });
    expect(await store().trusts.delete(one.id)).toBe(true);
    expect(await store().trusts.delete(one.id)).toBe(false);
    expect(await store().trusts.findById(one.id)).toBeNull();
  });

  it('accepts a subject token once, until it is purged', async () => {
    const [early, late] = [
      { hash: 'a', expiresAt: noon },
      { hash: 'b', expiresAt: noon + 1 },
    ];
    expect(await store().trusts.useSubjectToken(early)).toBe(true);
    expect(await store().trusts.useSubjectToken(late)).toBe(true);
    expect(await store().trusts.useSubjectToken({ ...early, expiresAt: noon + 9 })).toBe(false);
    expect(await store().trusts.purgeSubjectTokens(noon, 10)).toBe(0);
    expect(await store().trusts.purgeSubjectTokens(noon + 2, 1)).toBe(1);
    expect(await store().trusts.useSubjectToken(late)).toBe(false);
    expect(await store().trusts.useSubjectToken(early)).toBe(true);
  });

  it('forgets a subject token if the transaction that used it rolls back', async () => {
    const failure = new Error('The transaction is rolled back.');
    const attempt = store().transaction(async (store) => {
      expect(await store.trusts.useSubjectToken({ hash: 'a', expiresAt: noon })).toBe(true);
      throw failure;
    });
    await expect(attempt).rejects.toBe(failure);
    expect(await store().trusts.useSubjectToken({ hash: 'a', expiresAt: noon })).toBe(true);
  });

  it('lets only one of many concurrent transactions use a subject token', async () => {
    const use = () =>
      store().transaction(async (store) => store.trusts.useSubjectToken({ hash: 'a', expiresAt: noon }));
    const outcomes = await Promise.all(Array.from({ length: 20 }, use));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
  });
}
