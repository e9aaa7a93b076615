import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { NewOwner } from '../../../../server/store/interfaces/tokens/changes.ts';
import type { TokenQuery } from '../../../../server/store/interfaces/tokens.ts';
import type { UserRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addServiceAccount } from '../accounts/service-accounts.ts';
import { actor, addToken, addUser, auditRecord, nextId, noon } from '../records.ts';

const manyTokens = 1000;

export function transferContract(store: () => Store): void {
  const to = ({ id: ownerId }: UserRecord, changes: Partial<NewOwner> = {}): NewOwner => ({
    ...{ ownerId, name: 'Deploy', nameFolded: 'deploy', at: noon },
    ...{ expiresAt: noon + 1000, lifetimeMs: 5000, expiryCut: false, ...changes },
  });
  const transfer = (id: string, owner: NewOwner, limit = manyTokens) =>
    store().transaction(async (store) => {
      await store.tokens.lock(id);
      return store.tokens.transfer(id, owner, limit);
    });

  it('gives a token to another owner, and keeps everything else', async () => {
    const [ada, ci] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    const token = await addToken(store(), ada.id, {
      selfRotate: true,
      rules: '{"readOnly":true}',
      quietNetworks: true,
    });
    const pause = { at: noon, until: null, reason: 'A freeze', actor, bySuperuser: true };
    await store().tokens.pause(token.id, pause);
    const before = await store().tokens.findById(token.id);
    expect(await transfer(token.id, to(ci))).toBe('transferred');
    expect(await store().tokens.findById(token.id)).toEqual({
      ...before,
      ...{ ownerId: ci.id, ownerEmail: 'service-account:ci', ownerKind: 'service-account' },
      ...{ name: 'Deploy', expiresAt: noon + 1000, lifetimeMs: 5000, selfRotate: false, formerOwnerKnows: true },
    });
    const [match] = await store().tokens.findByHashes([token.hash]);
    expect(match).toMatchObject({ kind: 'token', ownerId: ci.id, ownerEmail: 'service-account:ci', ownerName: 'ci' });
    expect(await store().tokens.allOf(ada.id)).toEqual([]);
    expect((await store().tokens.allOf(ci.id)).map(({ id }) => id)).toEqual([token.id]);
  });

  it('remembers until the next rotation that the former owner knows the value', async () => {
    const [ada, ci] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    const token = await addToken(store(), ada.id);
    const knows = async () => (await store().tokens.findById(token.id))?.formerOwnerKnows;
    expect(await knows()).toBe(false);
    await transfer(token.id, to(ci));
    await store().tokens.edit(token.id, { description: 'Deploys' });
    expect(await knows()).toBe(true);
    await store().tokens.rotate(token.id, {
      ...{ hash: `hash ${nextId()}`, prefix: 'tok_new1', at: noon, validUntil: noon, expiresAt: null },
      ...{ lifetimeMs: null, selfRotated: false, replacesUnused: false },
    });
    expect(await knows()).toBe(false);
  });

  it('gives an expiry until the next rotation to a token that had none, which does not make it short-lived', async () => {
    const [ada, ci] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    const token = await addToken(store(), ada.id, { createdAt: noon, expiresAt: null, lifetimeMs: null });
    const cut = { expiresAt: noon + 1000, lifetimeMs: null, expiryCut: true };
    expect(await transfer(token.id, to(ci, cut))).toBe('transferred');
    expect(await store().tokens.findById(token.id)).toMatchObject(cut);
    const purge = (shortLived: boolean) =>
      store().tokens.purgeExpired({ before: noon + 1000, shortLived, limit: 10 }, noon + 1000, actor);
    expect(await purge(true)).toBe(0);
    expect(await purge(false)).toBe(1);
  });

  it('rejects a name that the new owner has, and changes nothing', async () => {
    const [ada, ci] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    const token = await addToken(store(), ada.id);
    await addToken(store(), ci.id, { name: 'DEPLOY', nameFolded: 'deploy' });
    const before = await store().tokens.findById(token.id);
    expect(await transfer(token.id, to(ci))).toBe('name-taken');
    // The name counts first, even if there is no room for another token.
    expect(await transfer(token.id, to(ci), 1)).toBe('name-taken');
    expect(await store().tokens.findById(token.id)).toEqual(before);
    expect(await transfer(token.id, to(ci, { name: 'Deploy-2', nameFolded: 'deploy-2' }))).toBe('transferred');
  });

  it('counts the tokens of the new owner that have not expired and were not exchanged', async () => {
    const [ada, ci] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    const token = await addToken(store(), ada.id);
    await addToken(store(), ci.id, { expiresAt: noon });
    await addToken(store(), ci.id, { trustId: nextId() });
    await addToken(store(), ci.id, { expiresAt: noon + 1 });
    expect(await transfer(token.id, to(ci), 1)).toBe('token-limit');
    await addToken(store(), ada.id);
    expect(await transfer(token.id, to(ci), 2)).toBe('transferred');
  });

  /** Returns two members, a service account, and functions by which a member creates or rotates a token of it. */
  async function peopleWithEvents() {
    const [ada, bob, ci] = [await addUser(store()), await addUser(store()), await addServiceAccount(store(), 'ci')];
    const write = (action: 'token.created' | 'token.rotated', actorId: string, id: string, at: number) =>
      store().audit.insert(
        auditRecord({
          ...{ action, at, target: { kind: 'token', id, name: 'deploy' }, ownerId: ci.id },
          actor: { kind: 'user', id: actorId, email: null },
        }),
      );
    const add = async (by: UserRecord, changes: Parameters<typeof addToken>[2] = {}, owner = ci) => {
      const token = await addToken(store(), owner.id, changes);
      await write('token.created', by.id, token.id, token.createdAt);
      return token.id;
    };
    const rotate = async (by: UserRecord, id: string, at: number) => {
      const value = { hash: `hash ${nextId()}`, prefix: 'tok_new1', at, validUntil: at, expiresAt: null };
      await store().tokens.rotate(id, { ...value, lifetimeMs: null, selfRotated: false, replacesUnused: false });
      await write('token.rotated', by.id, id, at);
    };
    return { ada, bob, ci, add, rotate };
  }

  it('lists the tokens of service accounts whose newest value a member received', async () => {
    const { ada, bob, add, rotate } = await peopleWithEvents();
    const created = await add(ada);
    const rotated = await add(bob);
    await rotate(ada, rotated, noon + 1);
    const rotatedSince = await add(ada);
    // At the time of its creation, too.
    await rotate(bob, rotatedSince, noon);
    await add(ada, { expiresAt: noon + 1 });
    await add(ada, { trustId: nextId() });
    await add(ada, { canary: true });
    await add(ada, {}, ada);
    const known = (page: { limit: number; before: string | null }, { id } = ada) =>
      store().tokens.list({ ...page, now: noon + 1, knownTo: id });
    const ids = async (...query: Parameters<typeof known>) => (await known(...query)).map(({ id }) => id);
    expect(await ids({ limit: 9, before: null })).toEqual([rotated, created]);
    expect(await ids({ limit: 1, before: null })).toEqual([rotated]);
    expect(await ids({ limit: 1, before: rotated })).toEqual([created]);
    expect(await ids({ limit: 9, before: null }, bob)).toEqual([rotatedSince]);
  });

  it('fills small pages of the tokens known to a member with those that match the other filters', async () => {
    const { ada, ci, add } = await peopleWithEvents();
    const [day, week] = [86_400_000, 7 * 86_400_000];
    const other = await addServiceAccount(store(), 'other', { disabled: true });
    const expected = [await add(ada, { nameFolded: 'deploy 1' }), await add(ada, { nameFolded: 'deploy 2' })];
    // Newer ones, which a page would begin with if the filters came after it.
    for (let turn = 0; turn < 3; turn += 1) {
      await add(ada, { nameFolded: `build ${turn}`, expiresAt: noon + day });
      await add(ada, { nameFolded: `deploy ${turn}`, expiresAt: noon + day }, other);
    }
    const filters: Array<Partial<TokenQuery>> = [
      { noExpiry: true },
      { expiringWithinMs: week, status: 'disabled' },
      { status: 'active', nameContains: 'build' },
      { ownerId: ci.id, nameContains: 'deploy' },
    ];
    const list = (query: Partial<TokenQuery>) =>
      store().tokens.list({ now: noon, knownTo: ada.id, limit: 1, before: null, ...query });
    const counts: number[] = [];
    for (const filter of filters) {
      const all = (await list({ ...filter, limit: 9 })).map(({ id }) => id);
      const paged: string[] = [];
      for (let before: string | null = null; ; before = paged.at(-1) ?? null) {
        const [token] = await list({ ...filter, before });
        if (token === undefined) break;
        paged.push(token.id);
      }
      expect(paged).toEqual(all);
      if (filter.noExpiry) expect(paged).toEqual(expected.toReversed());
      counts.push(paged.length);
    }
    expect(counts).toEqual([2, 3, 3, 2]);
  });

  it('returns all tokens of an owner by ID, and locks them until the transaction ends', async () => {
    const [ada, ci] = [await addUser(store()), await addServiceAccount(store(), 'ci')];
    const tokens = [await addToken(store(), ada.id), await addToken(store(), ada.id)];
    await addToken(store(), ci.id);
    const order: string[] = [];
    let revocation: Promise<unknown> = Promise.resolve();
    await store().transaction(async (trx) => {
      const locked = await trx.tokens.lockAllOf(ada.id);
      expect(locked.map(({ id }) => id)).toEqual(tokens.map(({ id }) => id));
      expect(await trx.tokens.allOf(ada.id)).toEqual(locked);
      revocation = store()
        .tokens.destroy(String(tokens[1]?.id), noon, actor)
        .then(() => order.push('revoked'));
      await delay(50);
      order.push('committed');
    });
    await revocation;
    expect(order).toEqual(['committed', 'revoked']);
  });
}
