import { describe, expect, it } from 'vitest';
import { createToken, jsonOf, verdict } from '../../helpers/app/app.ts';
import { change, day, hour, openWithToken, read, subjects, tokenActions } from './changes.ts';

describe('editing a token', () => {
  const edit = (app: Awaited<ReturnType<typeof openWithToken>>['app'], id: string, json: object, as = app.dev) =>
    change(app, `tokens/${id}`, { method: 'PATCH', as, json });

  it('changes only what the request names, and records each change', async () => {
    const { app, token } = await openWithToken({ expires_in: 10 * day, description: 'CI' });
    const { status, body } = await edit(app, token.id, { name: ' Deploy ', self_rotate: true, quiet_networks: true });
    expect(status).toBe(200);
    const { token: _value, ...object } = token;
    expect(body).toEqual({ ...object, name: 'Deploy', self_rotate: true, quiet_networks: true });
    const events = await jsonOf<{ items: object[] }>(app.ask('/api/v1/audit?action=token.changed', { as: app.dev }));
    expect(events.items).toMatchObject([
      {
        target: { id: token.id, name: 'Deploy' },
        changes: [
          { field: 'name', from: 'ci', to: 'Deploy' },
          { field: 'self_rotate', from: false, to: true },
          { field: 'quiet_networks', from: false, to: true },
        ],
      },
    ]);
    expect(await verdict(app, token.token)).toBe(200);
    expect(await subjects(app)).toHaveLength(1);
  });

  it('records nothing if nothing changes', async () => {
    const { app, token } = await openWithToken();
    expect((await edit(app, token.id, { name: 'ci', description: null })).status).toBe(200);
    expect(await tokenActions(app)).toEqual(['token.created']);
    expect((await edit(app, token.id, {})).status).toBe(400);
  });

  it('keeps the lifetime if the present expiry is chosen again', async () => {
    const { app, token } = await openWithToken({ expires_in: 10 * day });
    app.clock.advance(9 * day * 1000);
    const again = await edit(app, token.id, { expires_at: token.expires_at });
    expect(again).toMatchObject({ status: 200, body: { expires_at: token.expires_at, lifetime: 10 * day } });
  });

  it('removes a description with null or an empty text', async () => {
    const { app, token } = await openWithToken({ description: 'CI' });
    expect((await edit(app, token.id, { description: '' })).body.description).toBeNull();
  });

  it('follows the rules for names, and takes the name of an expired token', async () => {
    const { app, token } = await openWithToken();
    await createToken(app, app.dev, { name: 'taken' });
    const brief = await createToken(app, app.dev, { name: 'brief', expires_in: hour });
    const taken = await edit(app, token.id, { name: 'TAKEN' });
    expect([taken.status, taken.body.code]).toEqual([409, 'name-taken']);
    expect((await edit(app, token.id, { name: 'tok_12345678' })).status).toBe(400);
    expect((await edit(app, token.id, { name: 'Brief' })).status).toBe(409);
    app.clock.advance(hour * 1000);
    expect((await edit(app, token.id, { name: 'Brief' })).status).toBe(200);
    expect(await verdict(app, brief.token)).toBe('expired');
    expect((await app.ask(`/api/v1/tokens/${brief.id}`, { as: app.dev })).status).toBe(404);
    expect((await edit(app, token.id, { name: 'BRIEF' })).status).toBe(200);
  });

  it('shortens an expiry freely, and extends it up to the maximum, with a mail', async () => {
    const { app, token } = await openWithToken({ expires_in: 20 * day }, { maxExpiry: 30 * day });
    expect(await edit(app, token.id, { expires_in: hour })).toMatchObject({ status: 200, body: { lifetime: hour } });
    expect(await subjects(app)).toHaveLength(1);
    expect((await edit(app, token.id, { expires_in: 30 * day + 1 })).status).toBe(400);
    expect((await edit(app, token.id, { expires_in: null })).status).toBe(400);
    expect(await edit(app, token.id, { expires_in: 30 * day })).toMatchObject({
      status: 200,
      body: { lifetime: 30 * day },
    });
    expect((await subjects(app)).at(-1)).toBe('dev@example.com: The expiry of API token "ci" was extended');
  });

  it('shortens the expiry of a token that lives longer than the maximum allows by now', async () => {
    const { app, token } = await openWithToken({ expires_in: 300 * day });
    const limited = { ...app, ...app.restart({ maxExpiry: 30 * day }) };
    expect((await edit(limited, token.id, { expires_in: 200 * day })).status).toBe(200);
    expect((await edit(limited, token.id, { expires_in: 201 * day })).status).toBe(400);
  });

  it('revives no expired token, and changes no inactive one', async () => {
    const { app, token } = await openWithToken({ expires_in: hour });
    app.clock.advance(hour * 1000);
    const { status, body } = await edit(app, token.id, { expires_in: day });
    expect([status, body.code]).toEqual([409, 'token-inactive']);
    expect(await verdict(app, token.token)).toBe('expired');
  });

  it('is for the owner only', async () => {
    const { app, token } = await openWithToken();
    const ada = await app.addMember({ email: 'ada@example.com', can_manage_tokens: true });
    expect((await edit(app, token.id, { name: 'x' }, app.root)).body.code).toBe('owner-only');
    expect((await edit(app, token.id, { name: 'x' }, ada)).body.code).toBe('token-not-found');
    expect((await read(app, token.id)).name).toBe('ci');
  });
});
