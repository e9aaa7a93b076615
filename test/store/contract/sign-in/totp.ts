import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { addUser, noon } from '../records.ts';

export function totpContract(store: () => Store): void {
  const enabled = async () => {
    const { id } = await addUser(store());
    expect(await store().totp.enable(id, 'SECRET', 7, noon)).toBe(true);
    return id;
  };

  it('stores a secret only while none is in use', async () => {
    const { id } = await addUser(store());
    const { totp } = store();
    expect(await totp.find(id)).toBeNull();
    expect(await totp.enable(id, 'FIRST', 7, noon)).toBe(true);
    expect(await totp.enable(id, 'SECOND', 8, noon)).toBe(false);
    expect(await totp.find(id)).toEqual({ secret: 'FIRST', enabledAt: noon, lastStep: 7 });
    expect((await store().users.findById(id))?.totpEnabledAt).toBe(noon);
  });

  it('accepts each time step once, and none before an accepted one', async () => {
    const id = await enabled();
    expect(await store().totp.consumeTimeStep(id, 7)).toBe(false);
    const results = await Promise.all(Array.from({ length: 4 }, () => store().totp.consumeTimeStep(id, 8)));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await store().totp.consumeTimeStep(id, 6)).toBe(false);
    const { id: without } = await addUser(store());
    expect(await store().totp.consumeTimeStep(without, 1)).toBe(false);
  });

  it('accepts each recovery code once', async () => {
    const id = await enabled();
    await store().totp.replaceRecoveryCodes(id, ['a', 'b', 'c']);
    expect(await store().totp.consumeRecoveryCode(id, 'b')).toBe(true);
    expect(await store().totp.consumeRecoveryCode(id, 'b')).toBe(false);
    expect(await store().totp.consumeRecoveryCode((await addUser(store())).id, 'a')).toBe(false);
    expect(await store().totp.countRecoveryCodes(id)).toBe(2);
    await store().totp.replaceRecoveryCodes(id, ['d']);
    expect(await store().totp.consumeRecoveryCode(id, 'a')).toBe(false);
    expect(await store().totp.countRecoveryCodes(id)).toBe(1);
  });

  it('deletes the secret and the recovery codes when it is turned off', async () => {
    const id = await enabled();
    await store().totp.replaceRecoveryCodes(id, ['a']);
    expect(await store().totp.remove(id)).toBe(true);
    expect(await store().totp.remove(id)).toBe(false);
    expect(await store().totp.find(id)).toBeNull();
    expect(await store().totp.countRecoveryCodes(id)).toBe(0);
    expect((await store().users.findById(id))?.totpEnabledAt).toBeNull();
  });
}
