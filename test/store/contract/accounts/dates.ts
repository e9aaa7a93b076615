import { expect, it } from 'vitest';
import type { Store } from '../../../../server/store/store.ts';
import { addUser, noon } from '../records.ts';

export function membershipDateContract(store: () => Store): void {
  it('stores the dates that are given, and keeps the others', async () => {
    const { users } = store();
    const { id } = await addUser(store(), { invitedAt: 1, joinedAt: null, disabledAt: null });
    expect(await users.setDates(id, { joinedAt: 2 })).toBe(true);
    expect(await users.setDates(id, { disabledAt: 3 })).toBe(true);
    expect(await users.findById(id)).toMatchObject({ invitedAt: 1, joinedAt: 2, disabledAt: 3 });
    expect(await users.setDates(id, { invitedAt: 4, disabledAt: null })).toBe(true);
    expect(await users.summary(id)).toMatchObject({ invitedAt: 4, joinedAt: 2, disabledAt: null });
    expect(await users.setDates('nobody', { joinedAt: 5 })).toBe(false);
  });

  it('dates nothing of a deleted member', async () => {
    await addUser(store(), { superuser: true });
    const { id } = await addUser(store(), { invitedAt: 1, joinedAt: 2, disabledAt: 3 });
    await store().transaction((store) => store.users.delete(id, noon));
    expect(await store().users.setDates(id, { joinedAt: 5 })).toBe(false);
  });
}
