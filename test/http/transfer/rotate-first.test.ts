import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedToken, CreateTokenBody, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, openTestApp, verdict } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { useOf } from '../../store/contract/records.ts';

const day = 24 * 60 * 60;

let app: Awaited<ReturnType<typeof openTestApp>>;
let ada: Member;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com', can_manage_tokens: true });
  await createServiceAccount(app, 'ci', { maintainers: [app.dev, app.root] });
});
afterEach(() => app.close());

const path = (id: string) => `/api/v1/tokens/${id}`;
const read = (id: string) => jsonOf<Token>(app.ask(path(id), { as: app.dev }));

type Credentials = { as: Member } | { headers: { Authorization: string } };
async function edit(id: string, json: object, by: Credentials = { as: app.dev }) {
  const response = await app.ask(path(id), { method: 'PATCH', json, ...by });
  const { code } = await jsonOf<{ code?: string }>(response);
  return code ?? response.status;
}

/** Creates a token of Ada, and offboards her with a grace of a week. */
async function leftBehind(body: CreateTokenBody): Promise<CreatedToken> {
  const token = await createToken(app, ada, body);
  await app.store.tokens.recordUses([useOf(token.id, { at: app.clock.now() })]);
  const json = { transfer_to: 'ci', grace: 7 * day };
  expect((await app.ask(`/api/v1/users/${ada.id}/offboard`, { as: app.root, json })).status).toBe(200);
  return token;
}

describe('a token that was transferred and not rotated since', () => {
  it('gets no later expiry and may not rotate itself, not even from a superuser, so that the value ends with the grace', async () => {
    const { id, token } = await leftBehind({ name: 'deploy', expires_in: 90 * day });
    const before = await read(id);
    const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['tokens:write']);
    for (const by of [{ as: app.dev }, { as: app.root }, { headers: key.headers }]) {
      const later = new Date(Date.parse(before.expires_at ?? '') + 1).toISOString();
      for (const json of [
        { expires_in: null },
        { expires_in: 8 * day },
        { expires_at: later },
        { self_rotate: true },
      ]) {
        expect(await edit(id, { ...json, description: 'changed' }, by), JSON.stringify(json)).toBe('rotate-first');
      }
    }
    expect(await read(id)).toEqual(before);
    app.clock.advance(7 * day * 1000);
    expect(await verdict(app, token)).toBe('expired');
  });

  it('keeps a shorter expiry that was chosen since, and takes every other edit', async () => {
    const { id } = await leftBehind({ name: 'deploy', expires_in: null });
    expect(await edit(id, { expires_in: 2 * day, name: 'release', description: 'Releases', read_only: true })).toBe(
      200,
    );
    expect(await edit(id, { expires_in: 3 * day })).toBe('rotate-first');
    expect(await edit(id, { expires_in: day })).toBe(200);
  });

  it('says what to do, in the API and in the console', async () => {
    const { id } = await leftBehind({ name: 'deploy', expires_in: 90 * day });
    const problem = await jsonOf(app.ask(path(id), { method: 'PATCH', as: app.dev, json: { expires_in: null } }));
    expect(problem).toMatchObject({ status: 409, detail: expect.stringContaining('Rotate the token first.') });
    const browser = openConsole(app, app.dev);
    await browser.get(`/profile/api-tokens/${id}?dialog=edit`);
    const date = new Date(app.clock.now() + 30 * day * 1000).toISOString().slice(0, 10);
    const { status, html } = await browser.submit(`/profile/api-tokens/${id}/edit`, { name: 'deploy', date });
    expect([status, textOf(html)]).toEqual([409, expect.stringContaining('Rotate the token first.')]);
  });

  it('takes a later expiry after a rotation, which ends the value of the former owner', async () => {
    const { id, token } = await leftBehind({ name: 'deploy', expires_in: 90 * day });
    const json = { overlap: 7 * day };
    expect((await app.ask(`${path(id)}/rotate`, { method: 'POST', as: app.dev, json })).status).toBe(201);
    expect(await edit(id, { expires_in: 120 * day, self_rotate: true })).toBe(200);
    app.clock.advance(7 * day * 1000);
    expect(await verdict(app, token)).toBe('rotated');
  });

  it('remembers it through a second transfer, and after a transfer of one token as well', async () => {
    const token = await createToken(app, app.dev, { name: 'deploy', expires_in: day });
    await createServiceAccount(app, 'release', { maintainers: [app.dev] });
    for (const to of ['ci', 'release']) {
      expect((await app.ask(`${path(token.id)}/transfer`, { as: app.dev, json: { to } })).status).toBe(200);
      expect(await edit(token.id, { expires_in: 2 * day })).toBe('rotate-first');
    }
  });
});
