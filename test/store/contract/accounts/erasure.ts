import { expect, it } from 'vitest';
import { pseudonymOf } from '../../../../server/pseudonym.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, noon } from '../records.ts';

const address = 'ada@example.com';

export function erasureContract(store: () => Store): void {
  const begin = (id: string, addresses = [address], at = noon) => store().erasure.begin({ id, addresses }, at);
  const lease = { now: noon, until: noon + 30 };

  it('are leased to one daemon at a time, until their lease ends', async () => {
    await begin('ada');
    expect(await store().erasure.unfinished(noon)).toEqual(['ada']);
    expect(await store().erasure.claim('ada', lease)).toMatchObject({ id: 'ada', addresses: [address] });
    expect(await store().erasure.claim('ada', lease)).toBeNull();
    expect(await store().erasure.unfinished(noon)).toEqual([]);
    await store().erasure.extend('ada', noon + 60);
    expect(await store().erasure.unfinished(noon + 60)).toEqual([]);
    expect(await store().erasure.unfinished(noon + 61)).toEqual(['ada']);
    expect(await store().erasure.claim('ada', { now: noon + 61, until: noon + 90 })).not.toBeNull();
  });

  it('go on until they are finished, and then hold hashes but no address', async () => {
    expect(await store().erasure.isFinished('ada')).toBeNull();
    await begin('ada');
    expect(await store().erasure.isFinished('ada')).toBe(false);
    await store().erasure.claim('ada', lease);
    await store().erasure.forgetAddresses('ada');
    await store().erasure.finish('ada', noon);
    expect(await store().erasure.isFinished('ada')).toBe(true);
    expect(await store().erasure.unfinished(noon + 99)).toEqual([]);
    expect(await store().erasure.claim('ada', { now: noon + 99, until: noon + 100 })).toBeNull();
    expect(await store().erasure.recent(noon)).toMatchObject([
      { id: 'ada', begunAt: noon, hashes: [expect.any(String)] },
    ]);
    expect(await store().erasure.recent(noon + 1)).toEqual([]);
  });

  it('keep the addresses to search for when somebody requests the same erasure again', async () => {
    await begin('ada');
    await begin('ada', [], noon + 1);
    expect(await store().erasure.claim('ada', { now: noon + 1, until: noon + 2 })).toMatchObject({
      addresses: [address],
    });
    expect(await store().erasure.recent(noon)).toMatchObject([{ hashes: [expect.any(String)] }]);
  });

  it('are deleted after a while, but not while they go on', async () => {
    for (const id of ['old', 'new', 'goes on']) await begin(id, [address], id === 'new' ? noon + 5 : noon);
    for (const id of ['old', 'new']) await store().erasure.finish(id, noon + 9);
    expect(await store().erasure.purge(noon + 5, 9)).toBe(1);
    expect((await store().erasure.recent(0)).map(({ id }) => id).sort()).toEqual(['goes on', 'new']);
  });

  it('leave alone the address of a member who was added since, and their identity at the provider', async () => {
    const [dev, other] = [await addUser(store()), await addUser(store(), { passwordHash: null })];
    await store().users.bindIdentity(other.id, { issuer: 'https://id.example.com', subject: 'gone@example.com' });
    const person = { id: 'ada', addresses: [address, 'gone@example.com'] };
    await begin(person.id, person.addresses);
    const next = await addUser(store(), { email: address, emailFolded: address });
    const token = await addToken(store(), dev.id, { description: `${address} and gone@example.com` });
    expect(await store().erasure.claim('ada', lease)).toMatchObject({ addresses: ['gone@example.com'] });
    await store().erasure.replaceAddresses(person);
    expect(await store().users.findById(next.id)).toMatchObject({ email: address, emailFolded: address });
    expect((await store().tokens.findById(token.id))?.description).toBe(`${address} and ${pseudonymOf('ada')}`);
    const identity = { issuer: 'https://id.example.com', subject: 'gone@example.com' };
    expect((await store().users.findByIdentity(identity))?.id).toBe(other.id);
  });

  it('number the names of tokens that only the address told apart', async () => {
    const [dev, other] = [await addUser(store()), await addUser(store())];
    const named = (name: string) => ({ name, nameFolded: name });
    const ids: string[] = [];
    for (const name of [address, 'ada@example.org', `${address} 2`])
      ids.push((await addToken(store(), dev.id, named(name))).id);
    ids.push((await addToken(store(), other.id, named(address))).id);
    await store().erasure.replaceAddresses({ id: 'ada', addresses: [address, 'ada@example.org'] });
    const names = await Promise.all(ids.map(async (id) => (await store().tokens.findById(id))?.name));
    const pseudonym = pseudonymOf('ada');
    expect(names.slice(0, 2).sort()).toEqual([pseudonym, `${pseudonym}-2`]);
    expect(names.slice(2)).toEqual([`${pseudonym} 2`, pseudonym]);
  });

  it('end a batch at a time', async () => {
    await begin('ada');
    let batches = 0;
    const stop = () => {
      batches += 1;
      return batches === 3 ? Promise.reject(new Error('stopped')) : Promise.resolve();
    };
    await expect(store().erasure.replaceAddresses({ id: 'ada', addresses: [address] }, stop)).rejects.toThrow();
    expect(batches).toBe(3);
  });
}
