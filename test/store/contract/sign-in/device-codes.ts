import { expect, it } from 'vitest';
import type { DeviceCodeRecord } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addUser, nextId, noon } from '../records.ts';

let made = 0;

function deviceCode(changes: Partial<DeviceCodeRecord> = {}): DeviceCodeRecord {
  made += 1;
  return {
    hash: `hash-of-${nextId()}`,
    userCode: String(made).padStart(8, 'B'),
    clientId: 'tokens',
    ip: '203.0.113.9',
    userAgent: 'tokens/1.0',
    createdAt: noon,
    expiresAt: noon + 10,
    intervalMs: 5000,
    lastPolledAt: null,
    status: 'pending',
    openedBy: null,
    userId: null,
    sso: false,
    ssoSid: null,
    ...changes,
  };
}

export function deviceCodeContract(store: () => Store): void {
  const add = async (changes: Partial<DeviceCodeRecord> = {}) => {
    const device = deviceCode(changes);
    expect(await store().deviceCodes.insert(device)).toBe(true);
    return device;
  };
  const lock = (hash: string) => store().transaction((store) => store.deviceCodes.lock(hash));
  const decision = (userId: string) => ({ status: 'approved', userId, sso: true, ssoSid: 'sid' }) as const;

  it('finds a code by its user code and by the hash of its device code', async () => {
    const device = await add({ ip: null, userAgent: null });
    expect(await store().deviceCodes.findByUserCode(device.userCode)).toEqual(device);
    expect(await lock(device.hash)).toEqual(device);
    expect(await store().deviceCodes.findByUserCode('none')).toBeNull();
    expect(await store().deviceCodes.findByHash(device.hash)).toEqual(device);
    expect(await store().deviceCodes.findByHash('none')).toBeNull();
    expect(await lock('none')).toBeNull();
  });

  it('moves the pending codes of one session to another, and no decided ones', async () => {
    const { id } = await addUser(store());
    const [pending, decided, foreign] = [
      await add({ openedBy: 'one' }),
      await add({ openedBy: 'one' }),
      await add({ openedBy: 'other' }),
    ];
    expect(await store().deviceCodes.decide(decided.hash, 'one', decision(id), noon)).toBe(true);
    await store().deviceCodes.moveToSession('one', 'two');
    const openers = [pending, decided, foreign].map(async ({ hash }) => (await lock(hash))?.openedBy);
    expect(await Promise.all(openers)).toEqual(['two', 'one', 'other']);
  });

  it('rejects a second code with the same user code', async () => {
    const { userCode } = await add();
    expect(await store().deviceCodes.insert(deviceCode({ userCode }))).toBe(false);
  });

  it('belongs to the first session that enters it, which can decide once', async () => {
    const { id } = await addUser(store());
    const { hash } = await add();
    const { deviceCodes } = store();
    expect(await deviceCodes.decide(hash, 'one', decision(id), noon)).toBe(false);
    expect(await deviceCodes.bindToSession(hash, 'one', noon)).toBe(true);
    expect(await deviceCodes.bindToSession(hash, 'one', noon)).toBe(true);
    expect(await deviceCodes.bindToSession(hash, 'two', noon)).toBe(false);
    expect(await deviceCodes.decide(hash, 'two', decision(id), noon)).toBe(false);
    expect(await deviceCodes.decide(hash, 'one', decision(id), noon)).toBe(true);
    expect(await deviceCodes.decide(hash, 'one', { ...decision(id), status: 'denied' }, noon)).toBe(false);
    expect(await deviceCodes.bindToSession(hash, 'one', noon)).toBe(false);
    expect(await lock(hash)).toMatchObject({ ...decision(id), openedBy: 'one' });
  });

  it('can be neither entered nor decided after it expires', async () => {
    const { id } = await addUser(store());
    const { hash } = await add({ openedBy: 'one' });
    expect(await store().deviceCodes.bindToSession(hash, 'one', noon + 10)).toBe(false);
    expect(await store().deviceCodes.decide(hash, 'one', decision(id), noon + 10)).toBe(false);
  });

  it('deletes a code', async () => {
    const { hash } = await add();
    expect(await store().deviceCodes.delete(hash)).toBe(true);
    expect(await store().deviceCodes.delete(hash)).toBe(false);
    expect(await lock(hash)).toBeNull();
  });

  it('deletes the codes that one member approved', async () => {
    const [user, other] = [await addUser(store()), await addUser(store())];
    const [own, foreign] = [
      await add({ status: 'approved', userId: user.id }),
      await add({ status: 'approved', userId: other.id }),
    ];
    await store().deviceCodes.deleteAllOf(user.id);
    expect(await lock(own.hash)).toBeNull();
    expect(await lock(foreign.hash)).toEqual(foreign);
  });

  it('purges a bounded number of codes that expired long enough ago', async () => {
    const kept = await add({ expiresAt: noon });
    for (let i = 1; i <= 3; i += 1) await add({ expiresAt: noon - i });
    expect(await store().deviceCodes.purge(noon, 2)).toBe(2);
    expect(await store().deviceCodes.purge(noon, 2)).toBe(1);
    expect(await lock(kept.hash)).toEqual(kept);
  });
}
