import { describe, expect, it, onTestFinished } from 'vitest';
import type { CreatedToken, Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { type Server, startServerOn } from '../races/server-on.ts';

const engines = useEngines();
const hour = 60 * 60;
const day = 24 * hour;

describe.each(Object.entries(engines))('a value that a rotation ended, on %s', (_engine, openStore) => {
  async function start(): Promise<{ server: Server; token: CreatedToken }> {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    return {
      server,
      token: await createToken(server, server.dev, { name: 'ci', expires_in: 90 * day, self_rotate: true }),
    };
  }

  const rotateAs = (server: Server, as: Member, { id }: { id: string }, json: object = {}, key?: string) =>
    server.ask(`/api/v1/tokens/${id}/rotate`, {
      as,
      json,
      ...(key !== undefined && { headers: { 'Idempotency-Key': key } }),
    });
  const rotate = async (server: Server, token: CreatedToken, json: object = {}): Promise<CreatedToken> => {
    const response = await rotateAs(server, server.dev, token, json);
    expect(response.status).toBe(201);
    return jsonOf<CreatedToken>(response);
  };
  const rotateItself = (server: Server, value: string) =>
    server.ask('/api/v1/token/rotate', { json: {}, headers: { Authorization: `Token ${value}` } });
  const endPrevious = (server: Server, { id }: CreatedToken, as = server.dev) =>
    server.ask(`/api/v1/tokens/${id}/previous`, { method: 'DELETE', as });

  it.each<[string, (server: Server, token: CreatedToken) => Promise<unknown>]>([
    ['by a rotation without an overlap', (server, token) => rotate(server, token, { overlap: 0 })],
    [
      'with its overlap',
      async (server, token) => [await rotate(server, token), await endPrevious(server, token, server.root)],
    ],
    [
      'by the next rotation',
      async (server, token) => [await rotate(server, token), await rotate(server, token, { end_previous: true })],
    ],
  ])('stays ended if the clock is set back after it was ended %s', async (_way, end) => {
    const { server, token } = await start();
    server.clock.advance(hour * 1000);
    await end(server, token);
    expect(await verdict(server, token.token)).toBe('rotated');
    server.clock.advance(-hour * 1000);
    expect(await verdict(server, token.token)).toBe('rotated');
    const shown = await jsonOf<Token>(server.ask(`/api/v1/tokens/${token.id}`, { as: server.dev }));
    expect(shown.previous?.prefix).not.toBe(token.prefix);
    expect((await rotateItself(server, token.token)).status).toBe(401);
  });

  it('does not work beside two newer values if the clock is set back', async () => {
    const { server, token } = await start();
    const second = await rotate(server, token, { overlap: hour });
    server.clock.advance((hour + 1) * 1000);
    const third = await rotate(server, token, { overlap: hour });
    server.clock.advance(-30 * 60 * 1000);
    const verdicts = await Promise.all([token, second, third].map((one) => verdict(server, one.token)));
    expect(verdicts).toEqual(['rotated', 200, 200]);
  });

  it('is ended at once if it was never received, and stays so if the clock is set back', async () => {
    const { server, token } = await start();
    const lost = await jsonOf<CreatedToken>(rotateItself(server, token.token));
    server.clock.advance(61_000);
    const found = await jsonOf<CreatedToken>(rotateItself(server, token.token));
    server.clock.advance(-61_000);
    const verdicts = await Promise.all([token, lost, found].map((one) => verdict(server, one.token)));
    expect(verdicts).toEqual([200, 'rotated', 200]);
  });

  it('is promised to no caller of introspection that keeps responses for longer than its overlap', async () => {
    const { server, token } = await start();
    const api = await addClient(server, 'api');
    await rotate(server, token, { overlap: hour });
    const introspect = async () => jsonOf(await api.introspect({ token: token.token }));
    expect(await introspect()).toMatchObject({ active: true, exp: Math.floor(server.clock.now() / 1000) + hour });
    await endPrevious(server, token);
    expect(await introspect()).toEqual({ active: false });
  });

  it('comes back with no Idempotency-Key: of another member, for another token, or in another session', async () => {
    const { server, token } = await start();
    const { dev, root } = server;
    const first = await jsonOf<CreatedToken>(rotateAs(server, dev, token, {}, 'k'));
    const mine = await createToken(server, root, { name: 'mine' });
    const another = await createToken(server, dev, { name: 'another' });
    const eve = await server.addMember({ email: 'eve@example.com', can_manage_tokens: true });
    const statuses = [
      (await rotateAs(server, eve, token, {}, 'k')).status,
      (await rotateAs(server, root, token, {}, 'k')).status,
      // The key of one member is not that of another.
      (await rotateAs(server, root, mine, {}, 'k')).status,
      (await rotateAs(server, dev, another, {}, 'k')).status,
      (await rotateAs(server, dev, token, { end_previous: true }, 'k')).status,
      (await server.ask('/api/v1/tokens', { as: dev, json: { name: 'new' }, headers: { 'Idempotency-Key': 'k' } }))
        .status,
    ];
    expect(statuses).toEqual([404, 403, 201, 409, 409, 409]);
    const elsewhere = { ...dev, session: await server.signIn(dev.id) };
    const replay = await rotateAs(server, elsewhere, token, {}, 'k');
    expect([replay.status, await replay.text()]).toEqual([200, expect.not.stringContaining(first.token)]);
  });
});
