import { describe, expect, it, onTestFinished } from 'vitest';
import { pseudonymOf } from '../../../shared/pseudonym.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';

const engines = useEngines();
const erase = (app: TestApp, { id }: { id: string }, as: Member) =>
  app.ask(`/api/v1/users/${id}/erase`, { as, method: 'POST' });
const disable = (app: TestApp, { id }: { id: string }) =>
  app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'PATCH', json: { disabled: true } });

describe.each(Object.entries(engines))('erasure on %s', (_engine, openStore) => {
  async function open(): Promise<TestApp> {
    const app = await openTestApp({}, openStore());
    onTestFinished(app.close);
    return app;
  }

  it('is refused for a member who is not disabled, for oneself, and for a member who never was', async () => {
    const app = await open();
    const enabled = await erase(app, app.dev, app.root);
    expect(enabled.status).toBe(409);
    expect(await jsonOf(enabled)).toMatchObject({ code: 'disable-first' });
    expect(await jsonOf(await erase(app, app.root, app.root))).toMatchObject({ code: 'own-account' });
    const nobody = { id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b' };
    expect((await erase(app, nobody, app.root)).status).toBe(404);
    await disable(app, app.dev);
    const plain = await app.addMember({ email: 'plain@example.com' });
    expect((await erase(app, app.dev, plain)).status).toBe(403);
    expect(await app.store.users.findById(app.dev.id)).not.toBeNull();
  });

  it('revokes what tokens are left, mails the member nothing, and can be repeated', async () => {
    const app = await open();
    const { token } = await createToken(app, app.dev, { name: 'ci' });
    await disable(app, app.dev);
    const before = (await app.mails()).length;
    expect((await erase(app, app.dev, app.root)).status).toBe(204);
    expect(await verdict(app, token)).toBe('revoked');
    expect((await app.mails()).slice(before).filter(({ to }) => to === app.dev.email)).toEqual([]);
    const { items } = await jsonOf<{ items: object[] }>(app.ask('/api/v1/audit?action=user.erased', { as: app.root }));
    expect(items).toMatchObject([{ target: { id: app.dev.id, name: pseudonymOf(app.dev.id) } }]);
    expect((await erase(app, app.dev, app.root)).status).toBe(204);
  });

  it('erases the last mail to a member who was deleted', async () => {
    const app = await open();
    await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'DELETE' });
    await erase(app, app.dev, app.root);
    expect((await app.mails()).filter(({ to }) => to === app.dev.email)).toEqual([]);
  });
});
