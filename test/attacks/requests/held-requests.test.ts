import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { beginDevice, pollDevice } from '../../helpers/app/oauth.ts';
import { formsOf, openConsole } from '../../helpers/console/pages.ts';

let world: TestServer;
beforeAll(async () => {
  world = await startTestServer();
});
afterAll(() => world.stop());

/** Sends a request but for its last byte, does `meanwhile`, sends that byte, and answers the status. */
async function held(head: string, body: string, meanwhile: () => Promise<unknown>): Promise<number> {
  const socket = connect(world.port, '127.0.0.1').setEncoding('latin1');
  const answered = new Promise<string>((resolve) => socket.once('data', resolve));
  socket.write(`${head}\r\nHost: tokens.example.com\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await meanwhile();
  socket.write(body.slice(-1));
  const [, status] = (await answered).split(' ');
  socket.destroy();
  return Number(status);
}

const json = 'Content-Type: application/json';

describe('a request whose last byte is held back', () => {
  it('is answered as any other if nothing happened meanwhile', async () => {
    const head = `POST /api/v1/tokens HTTP/1.1\r\nAuthorization: Bearer ${world.dev.session}\r\n${json}`;
    expect(await held(head, '{"name":"in time"}', async () => {})).toBe(201);
  });

  it('enables nobody again who was disabled meanwhile', async () => {
    const fired = await world.addMember({ email: 'fired@example.com', superuser: true });
    const patch = (as: typeof fired, body: object) =>
      world.ask(`/api/v1/users/${fired.id}`, { method: 'PATCH', as, json: body });
    const head = `PATCH /api/v1/users/${fired.id} HTTP/1.1\r\nAuthorization: Bearer ${fired.session}\r\n${json}`;
    const disabled = () => patch(world.root, { disabled: true });
    expect(await held(head, '{"disabled":false}', disabled)).toBe(401);
    expect(await world.store.users.findById(fired.id)).toMatchObject({ disabled: true });
  });

  it('promotes nobody again who was demoted meanwhile', async () => {
    const demoted = await world.addMember({ email: 'demoted@example.com', superuser: true });
    const head = `PATCH /api/v1/users/${demoted.id} HTTP/1.1\r\nAuthorization: Bearer ${demoted.session}\r\n${json}`;
    const demote = () =>
      world.ask(`/api/v1/users/${demoted.id}`, { method: 'PATCH', as: world.root, json: { superuser: false } });
    expect(await held(head, '{"superuser":true}', demote)).toBe(403);
    expect(await world.store.users.findById(demoted.id)).toMatchObject({ superuser: false });
  });

  it('makes no token by a session that ended meanwhile', async () => {
    const head = `POST /api/v1/tokens HTTP/1.1\r\nAuthorization: Bearer ${world.dev.session}\r\n${json}`;
    const ended = () => world.ask('/api/v1/sessions/current', { method: 'DELETE', as: world.dev });
    expect(await held(head, '{"name":"late"}', ended)).toBe(401);
  });

  it('approves no device by a session that ended meanwhile', async () => {
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
    const ended = () => world.ask('/api/v1/sessions/current', { method: 'DELETE', as: thief });
    expect(await held(head, form, ended)).toBe(303);
    expect(await jsonOf(pollDevice(world, codes))).toMatchObject({ error: 'authorization_pending' });
  });
});
