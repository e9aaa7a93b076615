import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, firstPage, noon, sessionRecord, userRecord } from '../records.ts';

const identity = { issuer: 'https://sso.example.com', subject: 'ada' };

export function identityContract(store: () => Store): void {
  it('finds a member only if both issuer and subject match', async () => {
    const user = userRecord({ sso: true, ssoSignedInAt: noon });
    expect(await store().users.insert(user, identity)).toBe(true);
    expect(await store().users.findByIdentity(identity)).toEqual(user);
    expect(await store().users.findByIdentity({ ...identity, issuer: 'https://other.example.com' })).toBeNull();
    expect(await store().users.findByIdentity({ ...identity, subject: 'ADA' })).toBeNull();
  });

  it('rejects a second member with the same identity', async () => {
    await store().users.insert(userRecord(), identity);
    expect(await store().users.insert(userRecord(), identity)).toBe(false);
    const invited = await addUser(store(), { passwordHash: null });
    expect(await store().users.bindIdentity(invited.id, identity)).toBe(false);
  });

  it('binds an invited member once, and no member who has a password, is disabled or is bound already', async () => {
    const { users } = store();
    const invited = await addUser(store(), { passwordHash: null });
    expect(await users.bindIdentity(invited.id, identity)).toBe(true);
    expect(await users.findByIdentity(identity)).toEqual({ ...invited, sso: true });
    const another = { ...identity, subject: 'another' };
    expect(await users.bindIdentity(invited.id, another)).toBe(false);
    expect(await users.bindIdentity((await addUser(store())).id, another)).toBe(false);
    const disabled = await addUser(store(), { passwordHash: null, disabled: true });
    expect(await users.bindIdentity(disabled.id, another)).toBe(false);
    expect(await users.bindIdentity('nobody', another)).toBe(false);
  });

  it('binds a member with a password only if an identity was removed from them before', async () => {
    const { users } = store();
    const user = await addUser(store());
    expect(await users.bindIdentity(user.id, identity)).toBe(false);
    expect(await users.setIdentity(user.id, identity)).toBe(true);
    expect(await users.clearIdentity(user.id, { issuer: 'https://other.example.com', keepsSso: true })).toBe(false);
    expect(await users.clearIdentity(user.id, { issuer: identity.issuer, keepsSso: true })).toBe(true);
    expect(await users.clearIdentity(user.id, { keepsSso: true })).toBe(false);
    expect(await users.findById(user.id)).toMatchObject({ sso: true, passwordHash: user.passwordHash });
    expect(await users.summary(user.id)).toMatchObject({ sso: true, hasIdentity: false });
    expect(await users.bindIdentity(user.id, { ...identity, subject: 'new' })).toBe(true);
    expect(await users.identityOf(user.id)).toEqual({ ...identity, subject: 'new' });
  });

  it('sets and replaces an identity, but gives nobody the identity of another member', async () => {
    const { users } = store();
    const [user, other] = [await addUser(store()), await addUser(store())];
    expect(await users.identityOf(user.id)).toBeNull();
    expect(await users.setIdentity(user.id, identity)).toBe(true);
    expect(await users.setIdentity(user.id, identity), 'the same again').toBe(true);
    expect(await users.setIdentity(other.id, identity)).toBe(false);
    expect(await users.setIdentity(user.id, { ...identity, subject: 'new' })).toBe(true);
    expect(await users.findByIdentity(identity)).toBeNull();
    expect(await users.setIdentity(other.id, identity)).toBe(true);
    await users.setDisabled(user.id, true);
    expect(await users.setIdentity(user.id, { ...identity, subject: 'newer' })).toBe(false);
    expect(await users.setIdentity('nobody', { ...identity, subject: 'newer' })).toBe(false);
  });

  it('gives an identity to one of several members who ask for it concurrently', async () => {
    const members = await Promise.all(Array.from({ length: 5 }, () => addUser(store())));
    const set = await Promise.all(members.map(({ id }) => store().users.setIdentity(id, identity)));
    expect(set.filter(Boolean)).toHaveLength(1);
  });

  it('moves all identities to another issuer, or none if a subject exists at both', async () => {
    const { users } = store();
    const [from, to] = ['https://old.example.com', 'https://new.example.com'];
    const [one, two, both] = [await addUser(store()), await addUser(store()), await addUser(store())];
    await users.setIdentity(one.id, { issuer: from, subject: '1' });
    await users.setIdentity(two.id, { issuer: from, subject: '2' });
    await users.setIdentity(both.id, { issuer: to, subject: '1' });
    expect(await users.issuers()).toEqual([
      { issuer: to, members: 1 },
      { issuer: from, members: 2 },
    ]);
    expect(await users.moveIssuer(from, to)).toBe(0);
    expect((await users.membersInBoth(from, to, 5)).map(({ id }) => id)).toEqual([one.id]);
    expect((await users.membersInBoth(to, from, 5)).map(({ id }) => id)).toEqual([both.id]);
    await users.clearIdentity(both.id, { keepsSso: true });
    expect(await users.moveIssuer('https://unknown.example.com', to)).toBe(0);
    expect(await users.moveIssuer(from, to)).toBe(2);
    expect(await users.identityOf(one.id)).toEqual({ issuer: to, subject: '1' });
    const page = await users.membersOfIssuer(to, { limit: 1, after: null });
    const rest = await users.membersOfIssuer(to, { limit: 5, after: page[0]?.id ?? null });
    expect([...page, ...rest].map(({ id }) => id)).toEqual([one.id, two.id].sort());
    expect(await users.membersOfIssuer(from, { limit: 5, after: null })).toEqual([]);
  });

  it('moves the last single sign-on forward, never back', async () => {
    const { id } = await addUser(store());
    for (const at of [noon, noon + 5, noon + 2]) await store().users.recordSsoSignIn(id, at);
    expect((await store().users.findById(id))?.ssoSignedInAt).toBe(noon + 5);
  });

  it('changes an email address unless another member has it', async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const { users } = store();
    expect(await users.setEmail(user.id, 'Countess@example.com')).toBe(true);
    expect(await users.findByEmail('countess@example.com')).toMatchObject({ id: user.id });
    expect(await users.setEmail(user.id, 'Countess@example.com')).toBe(false);
    expect(await users.setEmail(other.id, 'COUNTESS@example.com')).toBe('email-taken');
    expect(await users.setEmail('nobody', 'x@example.com')).toBe(false);
  });

  it('deletes the sessions that began in one session at the identity provider', async () => {
    const user = userRecord({ sso: true });
    await store().users.insert(user, identity);
    const [one, two, other] = ['a', 'a', 'b'].map((ssoSid) => sessionRecord(user.id, { sso: true, ssoSid }));
    const password = sessionRecord((await addUser(store())).id);
    for (const session of [one, two, other, password]) if (session) await store().sessions.insert(session);
    const { sessions } = store();
    expect(await sessions.userIdsOfSid('https://other.example.com', 'a')).toEqual([]);
    expect(await sessions.userIdsOfSid(identity.issuer, 'a')).toEqual([user.id]);
    expect(await sessions.deleteAllOfSid('https://other.example.com', 'a')).toEqual([]);
    const ended = await store().sessions.deleteAllOfSid(identity.issuer, 'a');
    expect(ended.map(({ id }) => id).sort()).toEqual([one?.id, two?.id].sort());
    expect(ended.every(({ userId }) => userId === user.id)).toBe(true);
    expect(await store().sessions.findByHash(other?.hash ?? '')).not.toBeNull();
    expect(await store().sessions.findByHash(password.hash)).not.toBeNull();
  });

  it('reports tokens as stale only under a single sign-on policy', async () => {
    const [stale, fresh, local] = [
      await addUser(store(), { sso: true, ssoSignedInAt: noon - 10 }),
      await addUser(store(), { sso: true, ssoSignedInAt: noon - 9 }),
      await addUser(store()),
    ];
    const tokens = [];
    for (const { id } of [stale, fresh, local]) tokens.push((await addToken(store(), id, { expiresAt: noon })).id);
    const [staleToken, freshToken, localToken] = tokens;
    const list = async (status: 'active' | 'sso-stale' | 'expired', now: number, ssoStaleBefore?: number) => {
      const moment = ssoStaleBefore === undefined ? { now } : { now, ssoStaleBefore };
      return (await store().tokens.list({ ...firstPage, ...moment, status })).map(({ id }) => id);
    };
    expect(await list('sso-stale', noon - 1, noon - 9)).toEqual([staleToken]);
    expect(await list('active', noon - 1, noon - 9)).toEqual([localToken, freshToken]);
    expect(await list('expired', noon, noon - 9)).toEqual([localToken, freshToken]);
    expect(await list('sso-stale', noon - 1)).toEqual([]);
    expect(await list('active', noon - 1)).toEqual([localToken, freshToken, staleToken]);
    expect(await store().tokens.countActiveOf(stale.id, { now: noon - 1, ssoStaleBefore: noon - 9 })).toBe(0);
    expect(await store().tokens.countActiveOf(stale.id, { now: noon - 1 })).toBe(1);
  });

  it('binds an identity to one of two users to whom it is bound at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      const pair = [await addUser(store(), { passwordHash: null }), await addUser(store(), { passwordHash: null })];
      const identity = { issuer: 'https://id.example.com', subject: `raced-${round}` };
      const outcomes = await Promise.all(
        pair.map(({ id }) => store().transaction((store) => store.users.bindIdentity(id, identity))),
      );
      expect(outcomes.sort()).toEqual([false, true]);
    }
  });
}
