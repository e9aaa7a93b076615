import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { UserRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, firstPage, nextId, noon, useOf, userRecord } from '../records.ts';

export function serviceAccountRecord(name: string, changes: Partial<UserRecord> = {}): UserRecord {
  const identity = `service-account:${name}`;
  const owner = { kind: 'service-account', name, email: identity, emailFolded: identity } as const;
  return userRecord({ ...owner, passwordHash: null, ...changes });
}

export async function addServiceAccount(
  store: Store,
  name: string,
  changes: Partial<UserRecord> = {},
): Promise<UserRecord> {
  const account = serviceAccountRecord(name, changes);
  expect(await store.serviceAccounts.insert(account)).toBe(true);
  return account;
}

/** Gives the other transaction time to reach the lock that it waits for. */
const pauseMs = 50;

export function serviceAccountContract(store: () => Store): void {
  const none = { maintainers: [], disabledMaintainers: [], orphaned: true, tokenCount: 0, lastUsedAt: null };

  it('returns a service account as it was created', async () => {
    const made = await addServiceAccount(store(), 'ci', { description: 'Builds', manualGroups: '["deployers"]' });
    expect(await store().serviceAccounts.findById(made.id)).toEqual(made);
    expect(await store().serviceAccounts.findByName('ci')).toEqual(made);
    expect(await store().serviceAccounts.summary(made.id)).toEqual({ ...made, ...none });
    expect(await store().owners.findById(made.id)).toEqual(made);
    for (const name of ['CI', 'c', 'ci ', `${made.id}`, made.email]) {
      expect(await store().serviceAccounts.findByName(name), name).toBeNull();
    }
    expect(await store().serviceAccounts.findById(nextId())).toBeNull();
    expect(await store().serviceAccounts.summary(nextId())).toBeNull();
  });

  it('rejects a name that another service account has', async () => {
    const first = await addServiceAccount(store(), 'ci');
    expect(await store().serviceAccounts.insert(serviceAccountRecord('ci'))).toBe(false);
    expect(await store().serviceAccounts.list(firstPage)).toEqual([{ ...first, ...none }]);
  });

  it('inserts only one first service account, also in two transactions at once', async () => {
    await addUser(store());
    const attempt = (name: string) =>
      store().transaction(async (store) => {
        const isFirst = await store.serviceAccounts.insertFirst(serviceAccountRecord(name));
        await delay(pauseMs);
        return isFirst;
      });
    expect((await Promise.all([attempt('one'), attempt('two')])).sort()).toEqual([false, true]);
    expect(await store().serviceAccounts.list(firstPage)).toHaveLength(1);
    expect(await attempt('three')).toBe(false);
  });

  it('is not found as a member, and a member is not found as a service account', async () => {
    const [account, member] = [await addServiceAccount(store(), 'ci'), await addUser(store())];
    const { users, serviceAccounts } = store();
    expect(await users.findById(account.id)).toBeNull();
    expect(await users.findByEmail(account.email)).toBeNull();
    expect(await users.summary(account.id)).toBeNull();
    expect((await users.list(firstPage)).map(({ id }) => id)).toEqual([member.id]);
    expect(await users.lockForNewSession(account.id)).toBe(false);
    expect(await users.setSuperuser(account.id, true)).toBe(false);
    expect(await users.setPasswordHash(account.id, 'x')).toBe(false);
    expect(await users.setEmail(account.id, 'ci@example.com')).toBe(false);
    expect(await users.bindIdentity(account.id, { issuer: 'https://id.example.com', subject: 'ci' })).toBe(false);
    expect(await users.setIdentity(account.id, { issuer: 'https://id.example.com', subject: 'ci' })).toBe(false);
    expect(await store().transaction((store) => store.users.delete(account.id, noon))).toBe(false);
    expect(await serviceAccounts.findById(member.id)).toBeNull();
    expect(await serviceAccounts.lock(member.id)).toBeNull();
    expect(await serviceAccounts.setDisabled(member.id, true)).toBe(false);
    expect(await serviceAccounts.setGroups(member.id, '["x"]')).toBe(false);
    expect(await serviceAccounts.setDescription(member.id, 'x')).toBe(false);
    expect(await store().transaction((store) => store.serviceAccounts.delete(member.id, noon))).toBe(false);
    expect(await users.findById(member.id)).toEqual(member);
  });

  it('counts its tokens, and shows their newest use', async () => {
    const account = await addServiceAccount(store(), 'ci');
    const [token] = [await addToken(store(), account.id), await addToken(store(), account.id)];
    await store().tokens.recordUses([useOf(token.id, { at: noon + 5 })]);
    const shown = await store().serviceAccounts.summary(account.id);
    expect(shown).toEqual({ ...account, ...none, tokenCount: 2, lastUsedAt: noon + 5 });
    expect((await store().tokens.findById(token.id))?.ownerKind).toBe('service-account');
  });

  it('does not count exchanged tokens, but shows their newest use', async () => {
    const account = await addServiceAccount(store(), 'ci');
    await addToken(store(), account.id);
    const exchanged = await addToken(store(), account.id, { name: 'job', nameFolded: 'job', trustId: 'a-trust' });
    await store().tokens.recordUses([useOf(exchanged.id, { at: noon + 5 })]);
    expect(await store().serviceAccounts.summary(account.id)).toMatchObject({ tokenCount: 1, lastUsedAt: noon + 5 });
  });

  it('lists newest first, in pages, by name and by maintainer', async () => {
    const [ada, grace] = [await addUser(store()), await addUser(store())];
    const [one, two, three] = [
      await addServiceAccount(store(), 'one'),
      await addServiceAccount(store(), 'two'),
      await addServiceAccount(store(), 'three'),
    ];
    for (const { id } of [one, three]) await store().serviceAccounts.addMaintainer(id, ada.id);
    await store().serviceAccounts.addMaintainer(one.id, grace.id);
    const names = async (query: object) =>
      (await store().serviceAccounts.list({ ...firstPage, ...query })).map(({ name }) => name);
    expect(await names({})).toEqual(['three', 'two', 'one']);
    expect(await names({ limit: 1, before: three.id })).toEqual(['two']);
    expect(await names({ name: 'two' })).toEqual(['two']);
    expect(await names({ name: 'tw' })).toEqual([]);
    expect(await names({ maintainerId: ada.id })).toEqual(['three', 'one']);
    expect(await names({ maintainerId: ada.id, name: 'two' })).toEqual([]);
    expect(await names({ maintainerId: two.id })).toEqual([]);
    const shown = await store().serviceAccounts.list({ ...firstPage, maintainerId: grace.id });
    expect(shown).toEqual([{ ...one, ...none, maintainers: [ada.email, grace.email].sort(), orphaned: false }]);
  });

  it('returns the names of the newest enabled service accounts in alphabetical order', async () => {
    const [oldest] = [await addServiceAccount(store(), 'a'), await addUser(store())];
    for (const name of ['zebra', 'c', 'b']) await addServiceAccount(store(), name);
    const disabled = await addServiceAccount(store(), 'disabled', { disabled: true });
    expect(await store().serviceAccounts.enabledNames(10)).toEqual(['a', 'b', 'c', 'zebra']);
    expect(await store().serviceAccounts.enabledNames(3)).toEqual(['b', 'c', 'zebra']);
    await store().serviceAccounts.setDisabled(disabled.id, false);
    await store().transaction((store) => store.serviceAccounts.delete(oldest.id, noon));
    expect(await store().serviceAccounts.enabledNames(10)).toEqual(['b', 'c', 'disabled', 'zebra']);
  });

  it('adds and removes maintainers once each', async () => {
    const [account, ada] = [await addServiceAccount(store(), 'ci'), await addUser(store())];
    const { addMaintainer, removeMaintainer, isMaintainer, maintainers } = store().serviceAccounts;
    expect(await isMaintainer(account.id, ada.id)).toBe(false);
    expect(await addMaintainer(account.id, ada.id)).toBe(true);
    expect(await addMaintainer(account.id, ada.id)).toBe(false);
    expect(await isMaintainer(account.id, ada.id)).toBe(true);
    expect(await isMaintainer(ada.id, account.id)).toBe(false);
    expect(await store().serviceAccounts.maintainedBy(ada.id)).toEqual([account.id]);
    await store().users.setDisabled(ada.id, true);
    expect(await store().serviceAccounts.maintainedBy(ada.id)).toEqual([]);
    await store().users.setDisabled(ada.id, false);
    expect(await maintainers(account.id)).toEqual([ada]);
    expect(await removeMaintainer(account.id, ada.id)).toBe(true);
    expect(await removeMaintainer(account.id, ada.id)).toBe(false);
    expect(await maintainers(account.id)).toEqual([]);
  });

  it('is orphaned without an enabled maintainer', async () => {
    const ada = await addUser(store());
    const [kept, orphan] = [await addServiceAccount(store(), 'kept'), await addServiceAccount(store(), 'orphan')];
    await store().serviceAccounts.addMaintainer(kept.id, ada.id);
    const orphans = async () => {
      const listed = await store().serviceAccounts.list({ ...firstPage, orphaned: true });
      expect(await store().serviceAccounts.countOrphaned()).toBe(listed.length);
      expect((await store().serviceAccounts.list(firstPage)).filter(({ orphaned }) => orphaned)).toEqual(listed);
      return listed.map(({ name }) => name);
    };
    expect(await orphans()).toEqual(['orphan']);
    await store().users.setDisabled(ada.id, true);
    expect(await orphans()).toEqual(['orphan', 'kept']);
    expect(await store().serviceAccounts.isMaintainer(kept.id, ada.id)).toBe(false);
    expect((await store().serviceAccounts.maintainers(kept.id)).map(({ id }) => id)).toEqual([ada.id]);
    await store().users.setDisabled(ada.id, false);
    await store().transaction((store) => store.serviceAccounts.delete(orphan.id, noon));
    expect(await orphans()).toEqual([]);
  });

  it('shows of which accounts a member is the only enabled maintainer, by name', async () => {
    const [member, other] = [await addUser(store()), await addUser(store())];
    const [shared, own, early] = [
      await addServiceAccount(store(), 'shared'),
      await addServiceAccount(store(), 'own'),
      await addServiceAccount(store(), 'early'),
    ];
    const gone = await addServiceAccount(store(), 'gone');
    for (const { id } of [shared, own, early, gone]) await store().serviceAccounts.addMaintainer(id, member.id);
    await store().serviceAccounts.addMaintainer(shared.id, other.id);
    await store().serviceAccounts.delete(gone.id, noon);
    const only = async (id: string) => (await store().serviceAccounts.onlyMaintainedBy(id)).map(({ name }) => name);
    expect(await only(member.id)).toEqual(['early', 'own']);
    expect(await only(other.id)).toEqual([]);
    await store().users.setDisabled(other.id, true);
    expect(await store().serviceAccounts.onlyMaintainedBy(member.id)).toEqual([early, own, shared]);
    const { disabledMaintainers, maintainers } = (await store().serviceAccounts.summary(shared.id)) ?? {};
    expect(disabledMaintainers).toEqual([other.email]);
    expect(maintainers).toContain(member.email);
    expect(await only(other.id)).toEqual([]);
    await store().users.setDisabled(member.id, true);
    expect(await only(member.id)).toEqual([]);
  });

  it('shows who maintains an account with a management key that has not expired', async () => {
    const [member, other] = [await addUser(store()), await addUser(store())];
    const account = await addServiceAccount(store(), 'ci');
    for (const { id } of [member, other]) {
      if (id === member.id) await store().serviceAccounts.addMaintainer(account.id, id);
      expect(await store().serviceAccounts.maintainsKeys(id, noon)).toBe(false);
    }
    await addToken(store(), account.id, { expiresAt: noon + 1 });
    expect(await store().serviceAccounts.maintainsKeys(member.id, noon)).toBe(false);
    await addToken(store(), account.id, { name: 'key', nameFolded: 'key', manage: 'apps', expiresAt: noon + 1 });
    await store().users.setDisabled(member.id, true);
    expect(await store().serviceAccounts.maintainsKeys(member.id, noon)).toBe(true);
    expect(await store().serviceAccounts.maintainsKeys(member.id, noon + 1)).toBe(false);
    expect(await store().serviceAccounts.maintainsKeys(other.id, noon)).toBe(false);
  });

  it('loses a maintainer who is deleted', async () => {
    const [account, ada] = [await addServiceAccount(store(), 'ci'), await addUser(store())];
    await store().serviceAccounts.addMaintainer(account.id, ada.id);
    await store().transaction((store) => store.users.delete(ada.id, noon));
    expect(await store().serviceAccounts.maintainers(account.id)).toEqual([]);
    expect((await store().serviceAccounts.summary(account.id))?.maintainers).toEqual([]);
  });

  it('changes the description, the groups and the state', async () => {
    const account = await addServiceAccount(store(), 'ci');
    const { setDescription, setGroups, setDisabled, findById } = store().serviceAccounts;
    const steps: Array<[change: Partial<UserRecord>, set: () => Promise<boolean>]> = [
      [{ description: 'Builds' }, () => setDescription(account.id, 'Builds')],
      [{ description: null }, () => setDescription(account.id, null)],
      [{ manualGroups: '["x"]' }, () => setGroups(account.id, '["x"]')],
      [{ manualGroups: null }, () => setGroups(account.id, null)],
      [{ disabled: true }, () => setDisabled(account.id, true)],
      [{ disabled: false }, () => setDisabled(account.id, false)],
    ];
    let expected = account;
    for (const [change, set] of steps) {
      expected = { ...expected, ...change };
      expect(await set()).toBe(true);
      expect(await findById(account.id)).toEqual(expected);
      expect(await set()).toBe(false);
    }
  });

  it('may have new tokens while it is enabled', async () => {
    const account = await addServiceAccount(store(), 'ci');
    const lock = () => store().transaction((store) => store.owners.lockForNewToken(account.id));
    expect(await lock()).toBe(true);
    await store().serviceAccounts.setDisabled(account.id, true);
    expect(await lock()).toBe(false);
  });

  it('is found by no method once it is deleted, and its name is free', async () => {
    const [ada, account] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    await store().serviceAccounts.addMaintainer(account.id, ada.id);
    const { hash } = await addToken(store(), account.id);
    await store().tokens.destroyAllOf(account.id, noon, { kind: 'system', id: null, email: null });
    const remove = () => store().transaction((store) => store.serviceAccounts.delete(account.id, noon));
    expect(await remove()).toBe(true);
    expect(await remove()).toBe(false);
    const { serviceAccounts, owners } = store();
    expect(await serviceAccounts.findById(account.id)).toBeNull();
    expect(await serviceAccounts.findByName('ci')).toBeNull();
    expect(await serviceAccounts.lock(account.id)).toBeNull();
    expect(await serviceAccounts.list(firstPage)).toEqual([]);
    expect(await serviceAccounts.maintainers(account.id)).toEqual([]);
    expect(await serviceAccounts.setDisabled(account.id, false)).toBe(false);
    expect(await owners.findById(account.id)).toBeNull();
    expect(await owners.lockForNewToken(account.id)).toBe(false);
    // Its tombstones still say whose tokens they were.
    expect(await store().tokens.findByHashes([hash])).toMatchObject([{ kind: 'tombstone', ownerEmail: account.email }]);
    const next = await addServiceAccount(store(), 'ci');
    expect(await serviceAccounts.findByName('ci')).toEqual(next);
    expect(await serviceAccounts.maintainers(next.id)).toEqual([]);
  });

  it('lets a locked change come before or after a removal of a maintainer', async () => {
    const [ada, account] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    await store().serviceAccounts.addMaintainer(account.id, ada.id);
    let later: Promise<boolean> | undefined;
    await store().transaction(async (removing) => {
      await removing.serviceAccounts.lock(account.id);
      later = store().transaction(async (store) => {
        await store.serviceAccounts.lock(account.id);
        return store.serviceAccounts.isMaintainer(account.id, ada.id);
      });
      await delay(pauseMs);
      await removing.serviceAccounts.removeMaintainer(account.id, ada.id);
    });
    expect(await later).toBe(false);
  });
}
