import { describe, expect, it, onTestFinished } from 'vitest';
import { limits } from '../../../shared/limits.ts';
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

  it('gives the same error about a wrong removal, whether or not the added address belongs to a member', async () => {
    const { app, ada, send } = await world();
    const known = await app.addMember({ email: 'known@example.com' });
    const detail = 'zz@example.com does not maintain this service account.';
    for (const email of [known.email, 'nobody@example.com']) {
      const response = await send(ada, { add_maintainers: [email], remove_maintainers: ['zz@example.com'] });
      const errors = [{ pointer: '/remove_maintainers/0', detail }];
      expect(await jsonOf(response)).toMatchObject({ status: 400, code: 'invalid-fields', detail, errors });
    }
  });

  it('counts an address of a member who would be one maintainer too many', async () => {
    const { app, ada, send } = await world();
    const others = Array.from({ length: limits.maxMaintainers - 2 }, (_, number) =>
      app.addMember({ email: `m${number}@example.com` }),
    );
    const full = await createServiceAccount(app, 'full', { maintainers: [ada, ...(await Promise.all(others))] });
    const [last, known] = ['last@example.com', 'known@example.com'];
    for (const email of [last, known]) await app.addMember({ email });
    expect((await send(ada, { add_maintainers: [last] }, full)).status).toBe(200);
    for (let turn = 0; turn < 20; turn += 1) {
      const response = await send(ada, { add_maintainers: [known] }, full);
      expect(await jsonOf(response)).toMatchObject({
        code: 'invalid-fields',
        detail: expect.stringContaining('at most'),
      });
    }
    expect((await send(ada, { add_maintainers: [known] }, full)).status).toBe(429);
    expect((await send(ada, { maintainers: [ada.email, known] }, full)).status).toBe(429);
  });

  it('counts a request that replaces all maintainers and names an unknown address', async () => {
    const { ada, grace, send } = await world();
    const json = { maintainers: [ada.email, grace.email, 'nobody@example.com'] };
    for (let turn = 0; turn < 20; turn += 1) expect((await send(ada, json)).status).toBe(400);
    expect((await send(ada, json)).status).toBe(429);
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
