import { expect, it } from 'vitest';
import { pseudonymOf } from '../../../../server/pseudonym.ts';
import type { UserRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, auditRecord, firstPage, mail, noon, sessionRecord } from '../records.ts';

export function deletionContract(store: () => Store): void {
  const erase = ({ id }: UserRecord) => store().transaction((store) => store.users.delete(id, noon + 1));
  const identity = { issuer: 'https://id.example.com', subject: 'ada' };

  it('are found by no method, and their address and identity are free', async () => {
    const user = await addUser(store());
    await store().users.delete(user.id, noon);
    expect(await store().users.findById(user.id)).toBeNull();
    expect(await store().users.findByEmail(user.emailFolded)).toBeNull();
    expect(await store().users.findByEmail(pseudonymOf(user.id))).toBeNull();
    expect(await store().users.summary(user.id)).toBeNull();
    expect(await store().users.list(firstPage)).toEqual([]);
    expect(await store().users.list({ ...firstPage, contains: 'deleted' })).toEqual([]);
    expect(await store().users.lockForNewSession(user.id)).toBe(false);
    expect(await store().owners.lockForNewToken(user.id)).toBe(false);
    await addUser(store(), { email: user.email, emailFolded: user.emailFolded });
    const bound = await addUser(store(), { passwordHash: null });
    expect(await store().users.bindIdentity(bound.id, identity)).toBe(true);
    await erase(bound);
    expect(await store().users.findByIdentity(identity)).toBeNull();
    const next = await addUser(store(), { passwordHash: null });
    expect(await store().users.bindIdentity(next.id, identity)).toBe(true);
  });

  it('cannot be enabled, promoted or deleted again', async () => {
    const user = await addUser(store());
    expect(await erase(user)).toBe(true);
    expect(await erase(user)).toBe(false);
    expect(await store().users.setDisabled(user.id, false)).toBe(false);
    expect(await store().users.setSuperuser(user.id, true)).toBe(false);
    expect(await store().users.setCanManageTokens(user.id, true)).toBe(false);
    expect(await store().users.delete('nobody', noon)).toBe(false);
  });

  it('get no name, address or password back from a change that began before', async () => {
    const user = await addUser(store());
    await erase(user);
    expect(await store().users.setName(user.id, 'Ada')).toBe(false);
    expect(await store().users.setEmail(user.id, user.email)).toBe(false);
    expect(await store().users.setPasswordHash(user.id, 'x')).toBe(false);
    expect(await store().users.setPasswordUntilSso(user.id, 'x')).toBe(false);
    expect(await store().users.setSsoGroups(user.id, '["x"]')).toBe(false);
    expect(await store().users.setManualGroups(user.id, '["x"]')).toBe(false);
    expect(await store().users.bindIdentity(user.id, identity)).toBe(false);
    expect(await store().users.findByEmail(user.emailFolded)).toBeNull();
  });

  it('lose dead letters to an earlier address, but not those of the member who has it now', async () => {
    const user = await addUser(store());
    const renamed = (name: string) =>
      auditRecord({ action: 'user.email_changed', target: { kind: 'user', id: user.id, name }, ownerId: user.id });
    for (const name of ['first@example.com', 'second@example.com']) await store().audit.insert(renamed(name));
    await addUser(store(), { email: 'second@example.com', emailFolded: 'second@example.com' });
    for (const to of ['first@example.com', 'second@example.com']) {
      const letter = mail({ to });
      await store().outbox.enqueue(letter);
      await store().outbox.claim({ now: noon, leaseMs: 1, leaseId: to, limit: 9 });
      await store().outbox.giveUp(letter.id, to, noon, 'no such mailbox');
    }
    await erase(user);
    expect((await store().outbox.deadLetters(9)).map(({ to }) => to)).toEqual(['second@example.com']);
  });

  it('lose their sessions, tickets, recovery codes and mail', async () => {
    const user = await addUser(store());
    const session = sessionRecord(user.id, { hash: 'a session' });
    await store().sessions.insert(session);
    const times = { createdAt: noon, expiresAt: noon + 9 };
    const ticket = { hash: 'a ticket', kind: 'password-reset', userId: user.id, data: '{}', ...times } as const;
    await store().tickets.insert(ticket);
    await store().totp.replaceRecoveryCodes(user.id, ['a code']);
    await store().outbox.enqueue({ ...mail({ to: user.email }) });
    const link = { kind: 'email-change', userId: user.id, data: '{}' } as const;
    await store().outbox.enqueue({ ...mail({ to: 'new@example.com' }), link });
    const others = mail({ to: 'someone@example.com' });
    await store().outbox.enqueue(others);
    await erase(user);
    expect(await store().sessions.findByHash('a session')).toBeNull();
    expect(await store().tickets.find('a ticket', 'password-reset', noon)).toBeNull();
    expect(await store().totp.countRecoveryCodes(user.id)).toBe(0);
    const left = await store().outbox.claim({ now: noon, leaseMs: 1, leaseId: 'x', limit: 9 });
    expect(left.map(({ id }) => id)).toEqual([others.id]);
  });

  it('keep the reason of their revoked tokens, under a pseudonym', async () => {
    const user = await addUser(store());
    const { hash } = await addToken(store(), user.id);
    const actor = { kind: 'user', id: user.id, email: user.email } as const;
    await store().tokens.destroyAllOf(user.id, noon, actor);
    await erase(user);
    expect(await store().tokens.findByHashes([hash])).toMatchObject([
      { kind: 'tombstone', ownerId: user.id, ownerEmail: pseudonymOf(user.id) },
    ]);
  });

  it('appear in audit events only under their pseudonym, as actor, owner and target', async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const of = ({ id, email }: UserRecord) => ({ kind: 'user', id, email }) as const;
    const target = ({ id, email }: UserRecord) => ({ kind: 'user', id, name: email }) as const;
    const anonymous = { kind: 'anonymous', id: null, email: user.emailFolded } as const;
    const events = [
      auditRecord({ actor: of(user), target: target(other), ownerId: other.id }),
      auditRecord({ actor: of(other), target: target(user), ownerId: user.id }),
      auditRecord({ actor: anonymous, target: { ...target(user), name: 'earlier@example.com' }, ownerId: user.id }),
      auditRecord({ actor: anonymous, target: { kind: 'user', id: null, name: null }, ownerId: null }),
      auditRecord({ target: { kind: 'mail', id: 'a-mail', name: user.email }, ownerId: user.id }),
    ];
    for (const event of events) await store().audit.insert(event);
    await erase(user);
    const kept = await store().audit.list(firstPage);
    expect(JSON.stringify(kept).toLowerCase()).not.toContain(user.emailFolded);
    expect(JSON.stringify(kept)).not.toContain('earlier@example.com');
    const pseudonym = pseudonymOf(user.id);
    expect(kept.map(({ actor, target }) => [actor.email, target.name]).reverse()).toEqual([
      [pseudonym, other.email],
      [other.email, pseudonym],
      [pseudonym, pseudonym],
      [pseudonym, null],
      ['actor@example.com', pseudonym],
    ]);
    expect(await store().audit.list({ ...firstPage, participant: user.id })).toHaveLength(4);
  });

  it('appear as maintainers in audit events only under their pseudonym, also with an earlier address', async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const target = { kind: 'service-account', id: 'an-account', name: 'service-account:ci' } as const;
    const field = 'maintainers';
    const both = `${other.email}\nEarlier@example.com`;
    const description = { field: 'description', from: null, to: `ask ${other.email}` };
    const longer = `x${user.email}`;
    const renamed = { kind: 'user', id: user.id, name: 'earlier@example.com' } as const;
    await store().audit.insert(auditRecord({ action: 'user.email_changed', target: renamed, ownerId: user.id }));
    await store().audit.insert(
      auditRecord({
        action: 'service_account.created',
        target,
        changes: [description, { field, from: null, to: both }],
      }),
    );
    await store().audit.insert(
      auditRecord({
        action: 'service_account.changed',
        target,
        changes: [{ field, from: `${longer}\n${user.email}`, to: null }],
      }),
    );
    await erase(user);
    const pseudonym = pseudonymOf(user.id);
    const kept = await store().audit.list(firstPage);
    expect(kept.map(({ changes }) => changes).reverse()).toEqual([
      undefined,
      [description, { field, from: null, to: `${other.email}\n${pseudonym}` }],
      [{ field, from: `${longer}\n${pseudonym}`, to: null }],
    ]);
  });

  it('are never the last enabled superuser', async () => {
    const last = await addUser(store(), { superuser: true });
    const disabled = await addUser(store(), { superuser: true, disabled: true });
    expect(await erase(last)).toBe('last-superuser');
    expect(await store().users.findById(last.id)).toEqual(last);
    expect(await erase(disabled)).toBe(true);
    const other = await addUser(store(), { superuser: true });
    expect(await erase(last)).toBe(true);
    expect(await erase(other)).toBe('last-superuser');
  });

  it('leave one superuser if two are deleted at the same time', async () => {
    const pair = [await addUser(store(), { superuser: true }), await addUser(store(), { superuser: true })];
    const outcomes = await Promise.all(pair.map(erase));
    expect(outcomes.sort()).toEqual(['last-superuser', true]);
    expect(await store().users.superuserEmails(9)).toHaveLength(1);
  });
}
