import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, firstPage, noon, useOf, userRecord } from '../records.ts';

export function userContract(store: () => Store): void {
  it('returns a user exactly as it was inserted', async () => {
    for (const user of [
      userRecord({ superuser: true, auditor: true, sso: true, disabled: true }),
      userRecord({ passwordHash: null, name: '', canManageTokens: false }),
    ]) {
      expect(await store().users.insert(user)).toBe(true);
      expect(await store().users.findById(user.id)).toEqual(user);
      expect(await store().users.findByEmail(user.emailFolded)).toEqual(user);
    }
  });

  it('rejects a second user with the same folded email address and keeps the first', async () => {
    const first = await addUser(store());
    expect(await store().users.insert(userRecord({ emailFolded: first.emailFolded }))).toBe(false);
    expect(await store().users.findByEmail(first.emailFolded)).toEqual(first);
  });

  it('returns null for unknown IDs and email addresses, and for SQL fragments', async () => {
    await addUser(store());
    for (const text of ['', 'nobody', "' OR '1'='1", '%', 'x'.repeat(100_000)]) {
      expect(await store().users.findById(text)).toBeNull();
      expect(await store().users.findByEmail(text)).toBeNull();
      expect(await store().users.summary(text)).toBeNull();
    }
  });

  it('is empty until the first user is inserted', async () => {
    expect(await store().users.isEmpty()).toBe(true);
    await addUser(store());
    expect(await store().users.isEmpty()).toBe(false);
  });

  it('summarizes a user with the number of tokens and the newest use, and without the password', async () => {
    const user = await addUser(store());
    const { passwordHash, emailFolded: _, ...others } = user;
    const shown = { ...others, hasPassword: passwordHash !== null, hasIdentity: false };
    expect(await store().users.summary(user.id)).toEqual({ ...shown, tokenCount: 0, lastUsedAt: null });

    const tokens = [await addToken(store(), user.id), await addToken(store(), user.id)];
    await store().tokens.recordUses(tokens.map((token, index) => useOf(token.id, { at: noon + index })));
    expect(await store().users.summary(user.id)).toMatchObject({ tokenCount: 2, lastUsedAt: noon + 1 });
  });

  it('lists users newest first in pages, or the one with an email address', async () => {
    const users = [await addUser(store()), await addUser(store()), await addUser(store())];
    const ids = users.map((user) => user.id).reverse();
    const [newest, second, oldest] = ids;

    expect((await store().users.list(firstPage)).map((user) => user.id)).toEqual(ids);
    expect((await store().users.list({ limit: 2, before: null })).map((user) => user.id)).toEqual([newest, second]);
    expect((await store().users.list({ limit: 2, before: second ?? '' })).map((user) => user.id)).toEqual([oldest]);

    const emailFolded = users[1]?.emailFolded ?? '';
    expect((await store().users.list({ ...firstPage, emailFolded })).map((user) => user.id)).toEqual([second]);
  });

  it('finds members by a part of the folded name or email address, matches wildcards literally, and follows a rename', async () => {
    const ada = await addUser(store(), { name: 'Ada LOVELACE', emailFolded: 'countess@example.com' });
    const odd = await addUser(store(), { name: '100%_STRASSE!', emailFolded: 'odd_one@example.com' });
    const found = async (contains: string) =>
      (await store().users.list({ ...firstPage, contains })).map((user) => user.id);

    expect(await found('lovelace')).toEqual([ada.id]);
    expect(await found('countess@')).toEqual([ada.id]);
    expect(await found('%_')).toEqual([odd.id]);
    expect(await found('d_o')).toEqual([odd.id]);
    expect(await found('e!')).toEqual([odd.id]);
    expect(await found('')).toEqual([odd.id, ada.id]);
    expect(await found("' OR '1'='1")).toEqual([]);
    expect(await store().users.list({ ...firstPage, contains: 'lovelace', before: ada.id })).toEqual([]);

    await store().users.setName(ada.id, 'Augusta KING');
    expect(await found('king')).toEqual([ada.id]);
    expect(await found('lovelace')).toEqual([]);
  });

  it('reports from each setter whether it changed the row', async () => {
    await addUser(store(), { superuser: true });
    const { id } = await addUser(store());
    const { users } = store();

    expect(await users.setName(id, 'Grace')).toBe(true);
    expect(await users.setName(id, 'Grace')).toBe(false);
    expect(await users.setCanManageTokens(id, false)).toBe(true);
    expect(await users.setCanManageTokens(id, false)).toBe(false);
    expect(await users.setDisabled(id, true)).toBe(true);
    expect(await users.setDisabled(id, true)).toBe(false);
    expect(await users.setSuperuser(id, true)).toBe(true);
    expect(await users.setSuperuser(id, true)).toBe(false);
    expect(await users.setAuditor(id, true)).toBe(true);
    expect(await users.setAuditor(id, true)).toBe(false);
    expect(await users.setPasswordHash(id, 'another')).toBe(true);
    for (const set of [users.setSsoGroups, users.setManualGroups]) {
      const changed = [];
      for (const groups of [null, '["a"]', '["a"]', '["b"]', null, null, '["c"]']) changed.push(await set(id, groups));
      expect(changed).toEqual([false, true, false, true, true, false, true]);
      expect(await set('nobody', '["a"]')).toBe(false);
    }
    expect(await users.findById(id)).toMatchObject({
      ssoGroups: '["c"]',
      manualGroups: '["c"]',
      name: 'Grace',
      canManageTokens: false,
      disabled: true,
      superuser: true,
      auditor: true,
      passwordHash: 'another',
    });
  });

  it('returns all enabled superusers, oldest first', async () => {
    await addUser(store());
    const first = await addUser(store(), { superuser: true });
    await addUser(store(), { superuser: true, disabled: true });
    const second = await addUser(store(), { superuser: true });
    expect(await store().users.superusers()).toEqual([first, second]);
  });

  it('removes only a password that counts until the next single sign-on', async () => {
    const { id } = await addUser(store());
    const { users } = store();
    expect(await users.removePasswordUntilSso(id)).toBe(false);
    expect((await users.findById(id))?.passwordHash).not.toBeNull();
    expect(await users.setPasswordUntilSso(id, 'set by the operator')).toBe(true);
    expect(await users.findById(id)).toMatchObject({ passwordHash: 'set by the operator', passwordUntilSso: true });
    expect(await users.removePasswordUntilSso(id)).toBe(true);
    expect(await users.findById(id)).toMatchObject({ passwordHash: null, passwordUntilSso: false });
  });

  it('returns false from each setter for a user that does not exist', async () => {
    const { users } = store();
    const results = [
      await users.setName('nobody', 'x'),
      await users.setCanManageTokens('nobody', true),
      await users.setDisabled('nobody', true),
      await users.setDisabled('nobody', false),
      await users.setSuperuser('nobody', true),
      await users.setSuperuser('nobody', false),
      await users.setAuditor('nobody', true),
      await users.setPasswordHash('nobody', 'x'),
      await users.setPasswordUntilSso('nobody', 'x'),
      await users.removePasswordUntilSso('nobody'),
    ];
    expect(results).toEqual(results.map(() => false));
  });

  it('neither disables nor demotes the last enabled superuser', async () => {
    const { users } = store();
    const { id } = await addUser(store(), { superuser: true });
    const disabled = await addUser(store(), { superuser: true, disabled: true });

    expect(await users.setDisabled(id, true)).toBe('last-superuser');
    expect(await users.setSuperuser(id, false)).toBe('last-superuser');
    expect(await users.findById(id)).toMatchObject({ superuser: true, disabled: false });

    expect(await users.setSuperuser(disabled.id, false)).toBe(true);
    const second = await addUser(store(), { superuser: true });
    expect(await users.setSuperuser(id, false)).toBe(true);
    expect(await users.setDisabled(second.id, true)).toBe('last-superuser');
  });

  it('keeps one superuser when all demote each other concurrently', async () => {
    const superusers = await Promise.all(Array.from({ length: 5 }, () => addUser(store(), { superuser: true })));
    const results = await Promise.all(
      superusers.map(({ id }, index) =>
        store().transaction((store) =>
          index % 2 ? store.users.setDisabled(id, true) : store.users.setSuperuser(id, false),
        ),
      ),
    );
    expect(results.filter((result) => result === 'last-superuser')).toHaveLength(1);
    const left = (await store().users.list(firstPage)).filter((user) => user.superuser && !user.disabled);
    expect(left).toHaveLength(1);
  });

  it('lets only an enabled member with an unchanged password start a session', async () => {
    const lock = (id: string, hash: string | null) =>
      store().transaction((store) => store.users.lockForNewSession(id, { passwordHash: hash }));
    const { id } = await addUser(store(), { passwordHash: 'hash' });
    expect(await lock(id, 'hash')).toBe(true);
    expect(await lock(id, 'earlier hash')).toBe(false);
    expect(await lock(id, null)).toBe(false);
    expect(await lock((await addUser(store(), { passwordHash: 'hash', disabled: true })).id, 'hash')).toBe(false);
    expect(await lock('nobody', 'hash')).toBe(false);
  });

  it('blocks a session if two-factor sign-in was turned on after the password was checked', async () => {
    const lock = (id: string, totpEnabledAt: number | null) =>
      store().transaction((store) => store.users.lockForNewSession(id, { passwordHash: 'hash', totpEnabledAt }));
    const { id } = await addUser(store(), { passwordHash: 'hash' });
    expect([await lock(id, null), await lock(id, 5)]).toEqual([true, false]);
    await store().totp.enable(id, 'secret', 1, 5);
    expect([await lock(id, null), await lock(id, 5)]).toEqual([false, true]);
  });

  it('lets only an enabled member with the permission create a token', async () => {
    const lock = (id: string) => store().transaction((store) => store.owners.lockForNewToken(id));
    expect(await lock((await addUser(store())).id)).toBe(true);
    expect(await lock((await addUser(store(), { disabled: true })).id)).toBe(false);
    expect(await lock((await addUser(store(), { canManageTokens: false })).id)).toBe(false);
    expect(await lock('nobody')).toBe(false);
  });

  it('lets only an enabled superuser make changes reserved to superusers', async () => {
    const lock = (id: string, ...others: string[]) =>
      store().transaction((store) => store.users.lockSuperusers(id, others));
    const [superuser, member, disabled] = [
      await addUser(store(), { superuser: true }),
      await addUser(store()),
      await addUser(store(), { superuser: true, disabled: true }),
    ];
    expect(await lock(superuser.id, member.id)).toBe(true);
    expect(await lock(superuser.id)).toBe(true);
    expect(await lock(member.id, superuser.id)).toBe(false);
    expect(await lock(member.id, member.id)).toBe(false);
    expect(await lock(disabled.id)).toBe(false);
    expect(await lock('nobody')).toBe(false);
  });

  it('lists enabled superusers, longest-standing first', async () => {
    const [first, second] = [
      await addUser(store(), { superuser: true }),
      await addUser(store(), { superuser: true, canManageTokens: false }),
    ];
    await addUser(store(), { superuser: true, disabled: true });
    await addUser(store());
    expect(await store().users.superuserEmails(5)).toEqual([first.email, second.email]);
    expect(await store().users.superuserEmails(1)).toEqual([first.email]);
  });

  it('gives a new email address to one of two users who take it at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      const pair = [await addUser(store()), await addUser(store())];
      const outcomes = await Promise.all(
        pair.map(({ id }) => store().transaction((store) => store.users.setEmail(id, `Wanted.${round}@example.com`))),
      );
      expect(outcomes.sort()).toEqual(['email-taken', true]);
    }
  });
}
