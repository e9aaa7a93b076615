import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../../../server/config/config.ts';
import { createToken, jsonOf, openTestApp } from '../../../helpers/app/app.ts';
import { change, day, read, rotate, rotateItself } from '../../token-changes/changes.ts';
import { addApp } from './gate.ts';

const daysLeft = (app: { clock: { now(): number } }, { expires_at }: { expires_at: string | null }) =>
  expires_at === null ? null : (Date.parse(expires_at) - app.clock.now()) / 1000 / day;

/** Opens an app server with one app that allows 30 days, one that allows 10, and one without a maximum. */
async function open(settings: Partial<Config> = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  const ids = {
    monthly: await addApp(app, 'monthly', { maxExpirySeconds: 30 * day }),
    brief: await addApp(app, 'brief', { maxExpirySeconds: 10 * day }),
    endless: await addApp(app, 'endless'),
  };
  const create = (json: object) => app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'ci', ...json } });
  const edit = (id: string, json: object) => change(app, `tokens/${id}`, { method: 'PATCH', as: app.dev, json });
  const setMaximum = async (id: string, maxExpirySeconds: number) => {
    const edit = { maxExpirySeconds, changedAt: app.clock.now() };
    expect(await app.store.transaction((store) => store.apps.edit(id, edit))).toBe('edited');
  };
  return { app, ids, create, edit, setMaximum };
}

describe("an app's maximum expiry", () => {
  it.each([
    ['the maximum, if no expiry is asked for', { apps: ['monthly'] }, {}, 30],
    ['the shortest maximum of several apps', { apps: ['endless', 'monthly', 'brief'] }, {}, 10],
    ['none with an app that has no maximum', { apps: ['endless'] }, {}, null],
    ['none without apps', {}, {}, null],
    ['the default, if it is shorter', { apps: ['monthly'] }, { defaultExpiry: 7 * day }, 7],
    ['the maximum, if the default is longer', { apps: ['monthly'] }, { defaultExpiry: 90 * day }, 30],
    ["the organization's maximum, if it is shorter", { apps: ['monthly'] }, { maxExpiry: 5 * day }, 5],
    ['what is asked for, up to the maximum', { apps: ['monthly'], expires_in: 30 * day }, {}, 30],
  ])('gives a new token %s', async (_rule, body, settings, expected) => {
    const { app, create } = await open(settings);
    const response = await create(body);
    const token = await jsonOf<{ expires_at: string | null; lifetime: number | null }>(response);
    expect([response.status, daysLeft(app, token)]).toEqual([201, expected]);
    expect(token.lifetime).toBe(expected === null ? null : expected * day);
  });

  it.each([
    ['a longer one', { expires_in: 30 * day + 1 }, '/expires_in'],
    ['a later time', { expires_at: '2027-02-01T00:00:00Z' }, '/expires_at'],
    ['none', { expires_in: null }, '/expires_in'],
  ])('rejects a new token for which the request asks for %s', async (_rule, body, pointer) => {
    const { create } = await open();
    const response = await create({ apps: ['endless', 'monthly'], ...body });
    const detail = 'Tokens for monthly must expire within 30 days. Choose an earlier expiry.';
    expect([response.status, (await jsonOf(response)).errors]).toEqual([400, [{ pointer, detail }]]);
    expect((await create({ apps: ['endless'], ...body })).status).toBe(201);
  });

  it('shortens the life of a token that is restricted to the app later', async () => {
    const { app, edit } = await open();
    const endless = await createToken(app, app.dev, { name: 'endless' });
    const restricted = await edit(endless.id, { apps: ['monthly'] });
    expect([daysLeft(app, restricted.body), restricted.body.lifetime]).toEqual([30, 30 * day]);
    const long = await createToken(app, app.dev, { name: 'long', expires_in: 90 * day });
    expect(daysLeft(app, (await edit(long.id, { apps: ['monthly', 'brief'] })).body)).toBe(10);
    const short = await createToken(app, app.dev, { name: 'short', expires_in: 5 * day });
    expect(daysLeft(app, (await edit(short.id, { apps: ['monthly'] })).body)).toBe(5);
    // Nothing comes back with the removal of the rule.
    expect(daysLeft(app, (await edit(endless.id, { apps: null })).body)).toBe(30);
  });

  it('rejects an edit that asks for more', async () => {
    const { app, edit } = await open();
    const token = await createToken(app, app.dev, { name: 'ci', expires_in: 90 * day });
    for (const expiry of [{ expires_in: 31 * day }, { expires_in: null }, { expires_at: token.expires_at }]) {
      const { status, body } = await edit(token.id, { apps: ['monthly'], ...expiry });
      expect([status, body.detail]).toEqual([
        400,
        'Tokens for monthly must expire within 30 days. Choose an earlier expiry.',
      ]);
    }
    expect(daysLeft(app, (await edit(token.id, { apps: ['monthly'], expires_in: 20 * day })).body)).toBe(20);
    expect((await edit(token.id, { expires_in: 31 * day })).status).toBe(400);
    expect(daysLeft(app, (await edit(token.id, { expires_in: 30 * day })).body)).toBe(30);
  });

  it('bounds a rotation, and a rotation of the token by itself', async () => {
    const { app, edit, setMaximum, ids } = await open();
    const token = await createToken(app, app.dev, { name: 'ci', apps: ['endless'] });
    await setMaximum(ids.endless, 20 * day);
    const ask = { as: app.dev, json: { expires_in: 21 * day } };
    expect((await change(app, `tokens/${token.id}/rotate`, ask)).status).toBe(400);
    const rotated = await rotate(app, token.id);
    expect([daysLeft(app, rotated), rotated.lifetime]).toEqual([20, 20 * day]);
    await edit(token.id, { self_rotate: true });
    await setMaximum(ids.endless, 3 * day);
    app.clock.advance(2 * day * 1000);
    const itself = await rotateItself(app, rotated.token, { end_previous: true });
    expect([itself.status, daysLeft(app, itself.body), itself.body.lifetime]).toEqual([201, 3, 3 * day]);
  });

  it('shortens nothing when it is lowered', async () => {
    const { app, edit, setMaximum, ids } = await open();
    const token = await createToken(app, app.dev, { name: 'ci', apps: ['monthly', 'endless'] });
    await setMaximum(ids.monthly, day);
    expect(daysLeft(app, await read(app, token.id))).toBe(30);
    for (const body of [
      { name: 'build' },
      { read_only: true },
      { apps: ['monthly'] },
      { expires_at: token.expires_at },
    ]) {
      const { status, body: edited } = await edit(token.id, body);
      expect([status, edited.expires_at]).toEqual([200, token.expires_at]);
    }
    expect(daysLeft(app, (await edit(token.id, { apps: ['monthly', 'brief'] })).body)).toBe(1);
  });
});
