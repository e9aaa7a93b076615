import { expect, it } from 'vitest';
import type { NewToken } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { actor, addToken, addUser, firstPage, newToken, noon } from '../records.ts';
import { addAccount, addTrust } from './trusts.ts';

const hour = 60 * 60 * 1000;
const sortedByName = { by: 'name', descending: false, after: null, few: true };

export function exchangedTokenContract(store: () => Store): void {
  const names = async (query: object) =>
    (await store().tokens.list({ ...firstPage, now: noon, ...query })).map(({ name }) => name);

  /** Adds a service account with an exchanged token and a plain one. */
  async function addBoth() {
    const account = await addAccount(store());
    const trust = await addTrust(store(), account);
    const expiry = { expiresAt: noon + hour, lifetimeMs: hour };
    const exchanged = await addToken(store(), account.id, { name: 'exchanged', trustId: trust.id, ...expiry });
    const plain = await addToken(store(), account.id, { name: 'plain', ...expiry });
    return { account, trust, exchanged, plain };
  }

  it('are listed only on request, with every other filter', async () => {
    const { account } = await addBoth();
    for (const query of [
      {},
      { ownerId: account.id },
      { status: 'active' },
      { neverUsed: true },
      { nameContains: 'token' },
      { expiringWithinMs: 2 * hour },
    ]) {
      expect(await names(query)).toEqual(['plain']);
      expect(await names({ ...query, exchanged: true })).toEqual(['exchanged']);
    }
    expect(await names({ status: 'expired', now: noon + hour })).toEqual(['plain']);
    expect(await names({ status: 'expired', now: noon + hour, exchanged: true })).toEqual(['exchanged']);
  });

  it('are listed by the trust under which jobs received them', async () => {
    const { account, trust } = await addBoth();
    const other = await addTrust(store(), account);
    await addToken(store(), account.id, { name: 'of another trust', trustId: other.id });
    for (const query of [{}, { ownerId: account.id }, { status: 'active' }, { sort: sortedByName }]) {
      expect(await names({ ...query, exchanged: true, trustId: trust.id })).toEqual(['exchanged']);
    }
    const expired = { status: 'expired', now: noon + hour, exchanged: true };
    expect(await names({ ...expired, trustId: trust.id })).toEqual(['exchanged']);
    expect(await names({ ...expired, trustId: other.id })).toEqual([]);
  });

  it('do not count in reports and metrics', async () => {
    await addBoth();
    const filters = [{}, { neverUsed: true }, { status: 'active' }] as const;
    expect(await store().tokens.countMatching(filters, { now: noon })).toEqual([1, 1, 1]);
    expect(await store().tokens.countExpiring(noon, [noon + 1, noon + hour])).toEqual([0, 1]);
  });

  it("neither use up their owner's limit nor are subject to it, but have one of their trust", async () => {
    const account = await addAccount(store());
    const [trust, other] = [await addTrust(store(), account), await addTrust(store(), account)];
    const insert = (changes: Partial<NewToken>, limit: number) =>
      store().tokens.insert(newToken(account.id, changes), limit);
    expect(await insert({ trustId: trust.id }, 2)).toBe('inserted');
    expect(await insert({ trustId: trust.id }, 2)).toBe('inserted');
    expect(await insert({ trustId: trust.id }, 2)).toBe('token-limit');
    expect(await insert({ trustId: other.id }, 2)).toBe('inserted');
    expect(await insert({}, 1)).toBe('inserted');
    expect(await insert({}, 1)).toBe('token-limit');
  });

  it('are destroyed with their trust, for every owner, and no other token is', async () => {
    const { account, trust, plain } = await addBoth();
    const otherAccount = await addAccount(store());
    await addToken(store(), otherAccount.id, { name: 'moved', trustId: trust.id });
    const otherTrust = await addTrust(store(), account);
    const kept = await addToken(store(), account.id, { name: 'kept', trustId: otherTrust.id });
    const member = await addUser(store());
    await addToken(store(), member.id);
    const destroyed = await store().tokens.destroyAllOfTrust(trust.id, noon, actor);
    expect(destroyed.map(({ name }) => name).sort()).toEqual(['exchanged', 'moved']);
    expect(destroyed.map(({ ownerId }) => ownerId).sort()).toEqual([account.id, otherAccount.id].sort());
    expect(await store().tokens.destroyAllOfTrust(trust.id, noon, actor)).toEqual([]);
    expect(await names({ ownerId: account.id })).toEqual([plain.name]);
    expect(await names({ exchanged: true })).toEqual([kept.name]);
  });
}
