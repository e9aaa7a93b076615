import { expect, it } from 'vitest';
import type { PasskeyRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addUser, nextId, noon } from '../records.ts';

export function passkeyRecord(userId: string, changes: Partial<PasskeyRecord> = {}): PasskeyRecord {
  const id = changes.id ?? nextId();
  return {
    id,
    userId,
    credentialId: `credential-${id}`,
    publicKey: 'pQECAyYgASFYIA',
    counter: 0,
    transports: '["usb"]',
    backedUp: false,
    rpId: 'tokens.example.com',
    name: 'Security key',
    createdAt: noon,
    lastUsedAt: null,
    ...changes,
  };
}

export function passkeyContract(store: () => Store): void {
  const countOf = async (id: string) => (await store().users.findById(id))?.passkeyCount;
  const add = async (userId: string, changes: Partial<PasskeyRecord> = {}) => {
    const passkey = passkeyRecord(userId, changes);
    expect(await store().passkeys.insert(passkey)).toBe(true);
    return passkey;
  };

  it('lists the passkeys of one member, and counts them', async () => {
    const [{ id }, other] = [await addUser(store()), await addUser(store())];
    expect(await countOf(id)).toBe(0);
    const first = await add(id);
    const second = await add(id, { backedUp: true, counter: 4, lastUsedAt: noon });
    await add(other.id);
    expect(await store().passkeys.listOf(id)).toEqual([first, second]);
    expect([await countOf(id), await countOf(other.id)]).toEqual([2, 1]);
    expect(await store().passkeys.findByCredentialId(second.credentialId)).toEqual(second);
    expect(await store().passkeys.findByCredentialId('unknown')).toBeNull();
  });

  it('accepts each credential ID once, whoever adds it', async () => {
    const [one, other] = [await addUser(store()), await addUser(store())];
    const { credentialId } = await add(one.id);
    expect(await store().passkeys.insert(passkeyRecord(other.id, { credentialId }))).toBe(false);
    expect(await countOf(other.id)).toBe(0);
  });

  it('records a use only if the counter went up, or stays at zero', async () => {
    const { id: userId } = await addUser(store());
    const { id } = await add(userId);
    const use = (counter: number) => store().passkeys.recordUse(id, { counter, backedUp: true, at: noon + counter });
    expect([await use(0), await use(0)]).toEqual([true, true]);
    const results = await Promise.all(Array.from({ length: 4 }, () => use(5)));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect([await use(5), await use(4), await use(0), await use(6)]).toEqual([false, false, false, true]);
    expect(await store().passkeys.listOf(userId)).toMatchObject([{ counter: 6, backedUp: true, lastUsedAt: noon + 6 }]);
    expect(await store().passkeys.recordUse(nextId(), { counter: 1, backedUp: false, at: noon })).toBe(false);
  });

  it('renames a passkey of its member only, and returns it as it was', async () => {
    const [{ id }, other] = [await addUser(store()), await addUser(store())];
    const [passkey, untouched] = [await add(id), await add(id)];
    expect(await store().passkeys.rename(passkey.id, other.id, 'Stolen')).toBeNull();
    expect(await store().passkeys.rename(nextId(), id, 'Nothing')).toBeNull();
    expect(await store().passkeys.rename(passkey.id, id, 'Work laptop')).toEqual(passkey);
    expect(await store().passkeys.listOf(id)).toEqual([{ ...passkey, name: 'Work laptop' }, untouched]);
  });

  it('deletes a passkey of its member only', async () => {
    const [{ id }, other] = [await addUser(store()), await addUser(store())];
    const passkey = await add(id);
    expect(await store().passkeys.delete(passkey.id, other.id)).toBeNull();
    expect(await store().passkeys.delete(passkey.id, id)).toEqual(passkey);
    expect(await store().passkeys.delete(passkey.id, id)).toBeNull();
    expect(await countOf(id)).toBe(0);
  });

  it('deletes the recovery codes with the last second factor, and not before', async () => {
    const { id } = await addUser(store());
    const [first, second] = [await add(id), await add(id)];
    const codes = () => store().totp.countRecoveryCodes(id);
    await store().totp.replaceRecoveryCodes(id, ['a']);
    await store().passkeys.delete(first.id, id);
    expect(await codes()).toBe(1);
    await store().totp.enable(id, 'SECRET', 7, noon);
    await store().totp.remove(id);
    expect(await codes(), 'a passkey is left').toBe(1);
    await store().totp.enable(id, 'SECRET', 8, noon);
    expect(await store().passkeys.deleteAllOf(id)).toEqual([second]);
    expect([await codes(), await countOf(id)], 'the app is left').toEqual([1, 0]);
    await store().totp.remove(id);
    expect(await codes()).toBe(0);
  });

  it('lets no session start with an outdated number of passkeys', async () => {
    const { id } = await addUser(store());
    const lock = (passkeyCount: number) =>
      store().transaction((store) => store.users.lockForNewSession(id, { passkeyCount }));
    expect([await lock(0), await lock(1)]).toEqual([true, false]);
    await add(id);
    expect([await lock(0), await lock(1)]).toEqual([false, true]);
  });
}
