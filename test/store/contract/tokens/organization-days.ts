import { expect, it } from 'vitest';
import type { OrganizationDay } from '../../../../server/store/records.ts';
import type { Store } from '../../../../server/store/store.ts';
import { addToken, addUser, noon } from '../records.ts';

const hour = Math.floor(noon / 3_600_000);
const today = Math.floor(noon / 86_400_000);
const total = (day: number, allowed: number, denied: number): OrganizationDay => ({ day, allowed, denied });

export function organizationDayContract(store: () => Store): void {
  const add = (id: string, batch: number, days: OrganizationDay[]) =>
    store().transaction((store) => store.usage.addDays({ id, batch, at: noon }, days));

  it('adds the verifications of all writers by day, each batch once', async () => {
    expect(await store().usage.firstDay()).toBeNull();
    await add('one', 1, [total(today, 5, 1), total(today - 1, 2, 0)]);
    await add('other', 1, [total(today, 10, 2)]);
    await add('one', 1, [total(today, 100, 100)]);
    await add('one', 2, [total(today, 1, 0)]);
    await add('other', 2, []);
    expect(await store().usage.daysSince(today - 1)).toEqual([total(today - 1, 2, 0), total(today, 16, 3)]);
    expect(await store().usage.daysSince(today)).toEqual([total(today, 16, 3)]);
    expect(await store().usage.firstDay()).toBe(today - 1);
  });

  it('deletes the oldest days up to a limit', async () => {
    await add(
      'one',
      1,
      [1, 2, 3, 4].map((day) => total(day, 1, 0)),
    );
    expect(await store().usage.purgeDays(4, 2)).toBe(2);
    expect(await store().usage.purgeDays(4, 2)).toBe(1);
    expect(await store().usage.purgeDays(4, 2)).toBe(0);
    expect((await store().usage.daysSince(0)).map(({ day }) => day)).toEqual([4]);
  });

  it('returns the uses of the tokens of one owner by day and outcome', async () => {
    const [ada, bob] = [await addUser(store()), await addUser(store())];
    const [one, two, others] = await Promise.all([ada, ada, bob].map(({ id }) => addToken(store(), id)));
    const uses = [
      { hour, outcome: 'allowed', uses: 3 },
      { hour: hour - 1, outcome: 'expired', uses: 2 },
      { hour: hour - 48, outcome: 'allowed', uses: 50 },
    ];
    const tokens = [one, two, others]
      .map((token) => ({ tokenId: token?.id ?? '', firstAt: noon, hours: uses, seen: [], gaps: null }))
      .sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1));
    await store().transaction((store) => store.usage.add({ writer: { id: 'one', batch: 1, at: noon }, tokens }));
    const found = await store().usage.ofOwner(ada.id, today - 1);
    expect(found.sort((a, b) => a.uses - b.uses)).toEqual([
      { day: today, outcome: 'expired', uses: 4 },
      { day: today, outcome: 'allowed', uses: 6 },
    ]);
    expect(await store().usage.ofOwner('nobody', 0)).toEqual([]);
  });
}
