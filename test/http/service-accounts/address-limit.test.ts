import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonOf, type Member, openTestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';

const engines = useEngines();

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  async function world() {
    const app = await openTestApp({}, openStore());
    onTestFinished(() => app.close());
    const [ada, grace] = [
      await app.addMember({ email: 'ada@example.com' }),
      await app.addMember({ email: 'grace@example.com' }),
    ];
    const accounts: Array<{ id: string }> = [];
    for (const name of ['ci', 'deploy'])
      accounts.push(await createServiceAccount(app, name, { maintainers: [ada, grace] }));
    const send = (as: Member, json: object, account = accounts[0]) =>
      app.ask(`/api/v1/service-accounts/${account?.id}`, { as, method: 'PATCH', json });
    const probe = (as: Member, number: number) =>
      send(as, { add_maintainers: [`nobody-${number}@example.com`] }, accounts[number % 2]);
    const statuses = async (as: Member, count: number) =>
      Promise.all(Array.from({ length: count }, async (_, number) => (await probe(as, number)).status));
    return { app, ada, grace, accounts, send, probe, statuses };
  }

  it('refuses a maintainer who named 20 unknown addresses within an hour, in whatever accounts, and nobody else', async () => {
    const { app, ada, grace, send, probe, statuses } = await world();
    const known = await app.addMember({ email: 'known@example.com' });
    const answers = await statuses(ada, 30);
    expect(answers.filter((status) => status === 400)).toHaveLength(20);
    expect(answers.filter((status) => status === 429)).toHaveLength(10);
    const refused = await probe(ada, 99);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3500);
    expect(await jsonOf(refused)).toMatchObject({ code: 'throttled', detail: expect.stringContaining('60 minutes') });
    // Otherwise the answer would still tell known addresses from unknown ones.
    expect((await send(ada, { add_maintainers: [known.email] })).status).toBe(429);
    expect((await send(ada, { description: 'Builds' })).status).toBe(200);
    expect((await send(ada, { remove_maintainers: [grace.email] })).status).toBe(200);
    expect((await send(app.root, { add_maintainers: [grace.email] })).status).toBe(200);
    expect((await probe(grace, 0)).status).toBe(400);
  });

  it('counts no address of a member, and nothing of a superuser or a management key', async () => {
    const { app, ada, accounts, send, statuses } = await world();
    const known = await app.addMember({ email: 'known@example.com' });
    for (let turn = 0; turn < 15; turn += 1) {
      expect((await send(ada, { add_maintainers: [known.email] })).status).toBe(200);
      expect((await send(ada, { remove_maintainers: [known.email] })).status).toBe(200);
      expect((await send(ada, { maintainers: ['a@example.com', 'b@example.com'] })).status).toBe(400);
    }
    expect(await statuses(app.root, 25)).toEqual(Array(25).fill(400));
    const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['service-accounts']);
    const json = { add_maintainers: ['nobody@example.com'] };
    for (let turn = 0; turn < 25; turn += 1) {
      const path = `/api/v1/service-accounts/${accounts[0]?.id}`;
      expect((await app.ask(path, { method: 'PATCH', headers: key.headers, json })).status).toBe(400);
    }
    expect((await statuses(ada, 20)).filter((status) => status === 429)).toEqual([]);
  });
});
