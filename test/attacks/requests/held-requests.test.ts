import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken, jsonOf } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';
import { beginDevice, pollDevice } from '../../helpers/app/oauth.ts';
import { formsOf, openConsole } from '../../helpers/console/pages.ts';

let world: TestServer;
beforeAll(async () => {
  world = await startTestServer();
});
afterAll(() => world.stop());

/** Sends a request without its last byte, awaits `beforeLastByte`, sends that byte and returns the status. */
async function sendHeld(head: string, body: string, beforeLastByte: () => Promise<unknown>): Promise<number> {
  const socket = connect(world.port, '127.0.0.1').setEncoding('latin1');
  const response = new Promise<string>((resolve) => socket.once('data', resolve));
  socket.write(`${head}\r\nHost: tokens.example.com\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await beforeLastByte();
  socket.write(body.slice(-1));
  const [, status] = (await response).split(' ');
  socket.destroy();
  return Number(status);
}

const json = 'Content-Type: application/json';

describe('a request whose last byte is held back', () => {
  it('is served like any other if nothing changes', async () => {
    const head = `POST /api/v1/tokens HTTP/1.1\r\nAuthorization: Bearer ${world.dev.session}\r\n${json}`;
    expect(await sendHeld(head, '{"name":"in time"}', async () => {})).toBe(201);
  });

  it('cannot re-enable a superuser who was disabled before it arrived', async () => {
    const disabledMember = await world.addMember({ email: 'disabled@example.com', superuser: true });
    const patch = (as: typeof disabledMember, body: object) =>
      world.ask(`/api/v1/users/${disabledMember.id}`, { method: 'PATCH', as, json: body });
    const head = `PATCH /api/v1/users/${disabledMember.id} HTTP/1.1\r\nAuthorization: Bearer ${disabledMember.session}\r\n${json}`;
    const disable = () => patch(world.root, { disabled: true });
    expect(await sendHeld(head, '{"disabled":false}', disable)).toBe(401);
    expect(await world.store.users.findById(disabledMember.id)).toMatchObject({ disabled: true });
  });

  it('cannot re-promote a superuser who was demoted before it arrived', async () => {
    const demoted = await world.addMember({ email: 'demoted@example.com', superuser: true });
    const head = `PATCH /api/v1/users/${demoted.id} HTTP/1.1\r\nAuthorization: Bearer ${demoted.session}\r\n${json}`;
    const demote = () =>
      world.ask(`/api/v1/users/${demoted.id}`, { method: 'PATCH', as: world.root, json: { superuser: false } });
    expect(await sendHeld(head, '{"superuser":true}', demote)).toBe(403);
    expect(await world.store.users.findById(demoted.id)).toMatchObject({ superuser: false });
  });

  it('creates no token if its session ended before it arrived', async () => {
    const head = `POST /api/v1/tokens HTTP/1.1\r\nAuthorization: Bearer ${world.dev.session}\r\n${json}`;
    const endSession = () => world.ask('/api/v1/sessions/current', { method: 'DELETE', as: world.dev });
    expect(await sendHeld(head, '{"name":"too late"}', endSession)).toBe(401);
  });

  it('approves no device if its session ended before it arrived', async () => {
    const thief = { ...world.dev, session: await world.signIn(world.dev.id) };
    const codes = await beginDevice(world);
    const browser = openConsole(world, thief);
    await browser.get('/device');
    const shown = await browser.submit('/device', { user_code: codes.user_code });
    const page = await browser.get(shown.location ?? '');
    const fields = formsOf(page.html).find(({ action }) => action === '/device/approve')?.hidden;
    const form = new URLSearchParams({ ...fields, decision: 'approve' }).toString();
    const cookies = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const type = 'Content-Type: application/x-www-form-urlencoded';
    const head = `POST /device/approve HTTP/1.1\r\nCookie: ${cookies}\r\nSec-Fetch-Site: same-origin\r\n${type}`;
    const endSession = () => world.ask('/api/v1/sessions/current', { method: 'DELETE', as: thief });
    expect(await sendHeld(head, form, endSession)).toBe(303);
    expect(await jsonOf(pollDevice(world, codes))).toMatchObject({ error: 'authorization_pending' });
  });

  it.each<[string, (key: TestKey) => Promise<unknown>]>([
    ['was revoked', ({ headers }) => world.ask('/api/v1/token', { method: 'DELETE', headers })],
    ['was paused', ({ id }) => world.ask(`/api/v1/tokens/${id}/pause`, { as: world.root, json: {} })],
    [
      'belongs to a disabled service account',
      ({ account }) => world.store.serviceAccounts.setDisabled(account.id, true),
    ],
  ])('changes nothing if its management key %s before it arrived', async (what, end) => {
    const name = what.replaceAll(' ', '-');
    const key = await storeKey(world, await storeServiceAccount(world, name), ['apps'], { name });
    const head = `POST /api/v1/apps HTTP/1.1\r\nAuthorization: Bearer ${key.value}\r\n${json}`;
    expect(await sendHeld(head, JSON.stringify({ name: `in-time-${name}`.slice(0, 60) }), async () => {})).toBe(201);
    expect(await sendHeld(head, JSON.stringify({ name: `late-${name}`.slice(0, 60) }), () => end(key))).toBe(401);
    const { items } = await jsonOf<{ items: Array<{ name: string }> }>(world.ask('/api/v1/apps', { as: world.root }));
    expect(items.filter((app) => app.name.startsWith('late'))).toEqual([]);
  });

  it('gives a token no new value if its rules exclude the network of the client before it arrived', async () => {
    const owner = await world.addMember({ email: 'owner@example.com', can_manage_tokens: true });
    const body = { name: 'rotating', self_rotate: true, expires_in: 86_400 };
    const token = await createToken(world, owner, body);
    const rotate = (value: string) => `POST /api/v1/token/rotate HTTP/1.1\r\nAuthorization: Bearer ${value}\r\n${json}`;
    const narrow = () =>
      world.ask(`/api/v1/tokens/${token.id}`, { method: 'PATCH', as: owner, json: { networks: ['198.51.100.0/24'] } });
    expect(await sendHeld(rotate(token.token), '{"overlap":60}', narrow)).toBe(403);
    expect(await world.store.tokens.findById(token.id)).toMatchObject({ prefix: token.prefix, rotatedAt: null });
    const other = await createToken(world, owner, { ...body, name: 'in time' });
    expect(await sendHeld(rotate(other.token), '{"overlap":60}', async () => {})).toBe(201);
  });
});
