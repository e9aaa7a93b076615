import { expect, it } from 'vitest';
import type { UserRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, auditRecord, mail, newDenied, nextId, noon, sessionRecord, useOf } from '../records.ts';
import { addServiceAccount } from './service-accounts.ts';

type Rows = Record<string, unknown>[];

/** Returns all parts of what is stored about a member. */
async function readAll(store: Store, { id }: Pick<UserRecord, 'id'>): Promise<Record<string, Rows>> {
  const subject = await store.memberData.find(id);
  if (subject === null) throw new Error('There is no such member');
  const found: Record<string, Rows> = {};
  let place: Parameters<Store['memberData']['page']>[1] | null = { part: 0, token: null, after: null };
  while (place !== null) {
    const page = await store.memberData.page(subject, place);
    expect(page.rows.length).toBeLessThanOrEqual(200);
    found[page.part] = [...(found[page.part] ?? []), ...page.rows];
    place = page.next;
  }
  return found;
}

export function memberDataContract(store: () => Store): void {
  it('has the account and the sessions, with their times and without secrets', async () => {
    const user = await addUser(store(), { manualGroups: '["developers"]' });
    await addUser(store());
    await store().sessions.insert(sessionRecord(user.id, { hash: 'a secret hash', ip: '192.0.2.7' }));
    const data = await readAll(store(), user);
    expect(data.account).toMatchObject([
      {
        id: user.id,
        email: user.email,
        manual_groups: ['developers'],
        superuser: false,
        created_at: new Date(user.createdAt),
        password_hash: user.passwordHash === null ? null : '(not shown)',
        totp_secret: null,
      },
    ]);
    expect(data.sessions).toMatchObject([{ user_id: user.id, hash: '(not shown)', ip: '192.0.2.7', sso: false }]);
    expect(JSON.stringify(data)).not.toContain('a secret hash');
  });

  it('has the tokens and their usage, however many rows one of them has', async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const tokens = [
      await addToken(store(), user.id),
      await addToken(store(), user.id),
      await addToken(store(), user.id),
    ];
    const [first, , last] = tokens.map(({ id }) => id);
    const foreign = await addToken(store(), other.id);
    const hour = noon / 3_600_000;
    const hours = Array.from({ length: 205 }, (_, place) => ({ hour: hour - place, outcome: 'allowed', uses: 1 }));
    const route = { kind: 'route', value: 'GET /builds/*', uses: 1, firstAt: noon, lastAt: noon } as const;
    const uses = [first, last, foreign.id].map((tokenId = '') => ({
      tokenId,
      firstAt: noon,
      hours,
      seen: [route],
      gaps: null,
    }));
    const sorted = uses.sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1));
    const writer = { id: 'node', batch: 1, at: noon };
    await store().transaction((store) => store.usage.add({ writer, tokens: sorted }));
    await store().tokens.recordUses([useOf(first ?? '', { ip: '192.0.2.9' })]);
    await store().transaction((store) =>
      store.usage.addDenied([newDenied(first ?? '', { path: '/denied' }), newDenied(foreign.id)], noon),
    );
    const data = await readAll(store(), user);
    expect(data.denied_requests).toMatchObject([{ token_id: first, reason: 'path', path: '/denied' }]);
    expect(data.tokens?.map(({ id }) => id)).toEqual(tokens.map(({ id }) => id).sort());
    expect(JSON.stringify(data.tokens)).toContain('192.0.2.9');
    const times = (token: unknown) =>
      data.usage_hours?.filter(({ token_id: id }) => id === token).map(({ hour }) => hour);
    const expected = hours.map(({ hour }) => new Date(hour * 3_600_000)).reverse();
    expect([times(first), times(last)]).toEqual([expected, expected]);
    expect(data.usage_hours).toHaveLength(2 * hours.length);
    expect(data.usage_seen).toMatchObject([{ value: 'GET /builds/*' }, { value: 'GET /builds/*' }]);
    expect(data.usage_totals).toHaveLength(2);
    expect(JSON.stringify(data)).not.toContain(foreign.id);
    for (const { hash } of tokens) expect(JSON.stringify(data)).not.toContain(hash);
  });

  it('has revoked tokens of the member, and those that they revoked, once each', async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const [own, others, kept] = [
      await addToken(store(), user.id, { name: 'own' }),
      await addToken(store(), other.id, { name: 'others' }),
      await addToken(store(), other.id, { name: 'kept' }),
    ];
    const actor = { kind: 'user', id: user.id, email: user.email } as const;
    for (const { id } of [own, others]) await store().tokens.destroy(id, noon, actor);
    await store().tokens.destroy(kept.id, noon, { kind: 'user', id: other.id, email: other.email });
    const data = await readAll(store(), user);
    expect(data.revoked_tokens).toMatchObject([{ token_id: own.id, revoked_at: new Date(noon), hash: '(not shown)' }]);
    expect(data.tokens_revoked_by_member).toMatchObject([{ token_id: others.id }]);
  });

  it('has each event once, for every part that the member has in it, and for any number of events', async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const of = ({ id, email }: UserRecord) => ({ kind: 'user', id, email }) as const;
    const target = ({ id, email }: UserRecord) => ({ kind: 'user', id, name: email }) as const;
    const own = Array.from({ length: 450 }, () =>
      auditRecord({ actor: of(user), target: target(user), ownerId: user.id }),
    );
    const byMember = auditRecord({ actor: of(user), target: target(other), ownerId: other.id });
    const ofMember = auditRecord({ actor: of(other), target: target(user), ownerId: null });
    const anonymous = { kind: 'anonymous', id: null, email: user.emailFolded } as const;
    const attempt = auditRecord({ actor: anonymous, target: { kind: 'user', id: null, name: null }, ownerId: null });
    const foreign = auditRecord({ actor: of(other), target: target(other), ownerId: other.id });
    for (const event of [...own, byMember, ofMember, attempt, foreign]) await store().audit.insert(event);
    const data = await readAll(store(), user);
    const ids = (rows: Rows = []) => rows.map(({ id }) => id);
    expect(ids(data.audit).sort()).toEqual(own.map(({ id }) => id).sort());
    expect(ids(data.audit_by_member)).toEqual([byMember.id]);
    expect(ids(data.audit_of_member)).toEqual([ofMember.id]);
    expect(ids(data.sign_in_attempts)).toEqual([attempt.id]);
  });

  it('has queued mails without their text, once each', async () => {
    const user = await addUser(store());
    const mails = [mail({ to: user.email, subject: 'Hello', text: 'a link' }), mail({ to: 'new@example.com' })];
    await store().outbox.enqueue({
      ...(mails[0] as (typeof mails)[0]),
      link: { kind: 'invitation', userId: user.id, data: '{}' },
    });
    const data = JSON.stringify({ email: 'new@example.com' });
    await store().outbox.enqueue({
      ...(mails[1] as (typeof mails)[0]),
      link: { kind: 'email-change', userId: user.id, data },
    });
    await store().outbox.enqueue(mail({ to: 'someone@example.com' }));
    const read = await readAll(store(), user);
    expect(read.mails).toMatchObject([
      { id: mails[0]?.id, subject: 'Hello', text: '(not shown)', html: '(not shown)' },
    ]);
    expect(read.mails_with_links).toMatchObject([{ id: mails[1]?.id, link_data: { email: 'new@example.com' } }]);
  });

  it('shows the data of a ticket only if it cannot help to redeem it', async () => {
    const user = await addUser(store());
    const times = { createdAt: noon, expiresAt: noon + 9 };
    const data = '{"email":"new@example.com"}';
    for (const kind of ['email-change', 'authorization-code'] as const)
      await store().tickets.insert({ hash: `hash of ${kind}`, kind, userId: user.id, data, ...times });
    const { tickets = [] } = await readAll(store(), user);
    expect(tickets.map(({ kind, data, hash }) => [kind, data, hash]).sort()).toEqual([
      ['authorization-code', '(not shown)', '(not shown)'],
      ['email-change', { email: 'new@example.com' }, '(not shown)'],
    ]);
  });

  it('names the service accounts that the member maintains', async () => {
    const user = await addUser(store());
    const account = await addServiceAccount(store(), 'ci');
    await store().serviceAccounts.addMaintainer(account.id, user.id);
    const data = await readAll(store(), user);
    expect(data.maintained_service_accounts).toEqual([
      { service_account_id: account.id, name: 'ci', user_id: user.id },
    ]);
  });

  it('is found for a deleted member, but not for a service account and for nobody', async () => {
    const user = await addUser(store());
    await store().transaction((store) => store.users.delete(user.id, noon));
    expect((await readAll(store(), user)).account).toMatchObject([
      { id: user.id, name: '', deleted_at: new Date(noon) },
    ]);
    expect(await store().memberData.find((await addServiceAccount(store(), 'ci')).id)).toBeNull();
    expect(await store().memberData.find(nextId())).toBeNull();
  });
}
