import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import { type Server, startServerOn } from './server-on.ts';

const engines = useEngines(patientTimes);
/** Gives a request time to reach the lock that it waits for. */
const pauseMs = 100;
const day = 24 * 60 * 60;

describe.each(Object.entries(engines))('rotations on %s', (_engine, openStore) => {
  async function start(): Promise<{ server: Server; token: CreatedToken }> {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    // Open the connections first. Otherwise one request could finish while the others still connect.
    await Promise.all(Array.from({ length: 10 }, () => server.store.transaction((store) => store.users.isEmpty())));
    return { server, token: await createToken(server, server.dev, { name: 'ci', expires_in: day, self_rotate: true }) };
  }

  const concurrently = <T>(work: (turn: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: 5 }, (_, turn) => work(turn)));
  const rotate = (server: Server, { id }: CreatedToken, headers: Record<string, string> = {}) =>
    server.ask(`/api/v1/tokens/${id}/rotate`, { as: server.dev, json: {}, headers });
  const statusesOf = (responses: Response[]) => responses.map(({ status }) => status).sort();

  it('give a token one new value if five come concurrently', async () => {
    const { server, token } = await start();
    const responses = await concurrently(() => rotate(server, token));
    expect(statusesOf(responses)).toEqual([201, 409, 409, 409, 409]);
    const winner = responses.find(({ status }) => status === 201) as Response;
    const { token: value } = await jsonOf<CreatedToken>(winner);
    expect([await verdict(server, token.token), await verdict(server, value)]).toEqual([200, 200]);
  });

  it('return one value if five with one Idempotency-Key come concurrently', async () => {
    const { server, token } = await start();
    const responses = await concurrently(() => rotate(server, token, { 'Idempotency-Key': 'k' }));
    expect(statusesOf(responses)).toEqual([200, 200, 200, 200, 201]);
  });

  it('do not deadlock with a creation that has the same Idempotency-Key', async () => {
    const { server, token } = await start();
    const headers = { 'Idempotency-Key': 'k' };
    const create = () => server.ask('/api/v1/tokens', { as: server.dev, json: { name: 'other' }, headers });
    let both: Promise<Response[]> | undefined;
    // Both wait for their owner, so that each has what it locks before.
    await server.store.transaction(async (store) => {
      await store.owners.lockForNewToken(server.dev.id);
      const created = create();
      await delay(pauseMs);
      both = Promise.all([created, rotate(server, token, headers)]);
      await delay(pauseMs);
    });
    expect(statusesOf((await both) ?? [])).toEqual([201, 409]);
  });

  it('give a token that rotates itself five times concurrently one new value', async () => {
    const { server, token } = await start();
    const headers = { Authorization: `Token ${token.token}` };
    const responses = await concurrently(() => server.ask('/api/v1/token/rotate', { json: {}, headers }));
    expect(statusesOf(responses)).toEqual([201, 403, 403, 403, 403]);
  });

  it('leave no active value if the token is revoked concurrently', async () => {
    const { server } = await start();
    for (let round = 0; round < 10; round += 1) {
      const token = await createToken(server, server.dev, { name: `raced ${round}` });
      const revoke = () => server.ask(`/api/v1/tokens/${token.id}`, { method: 'DELETE', as: server.root });
      const [rotated, revoked] = await Promise.all(
        round % 2 === 0 ? [rotate(server, token), revoke()] : [revoke(), rotate(server, token)].reverse(),
      );
      expect(revoked?.status).toBe(204);
      const values = [token.token];
      if (rotated?.status === 201) values.push((await jsonOf<CreatedToken>(rotated)).token);
      else expect(rotated?.status).toBe(404);
      for (const value of values) expect(await verdict(server, value)).toBe('revoked');
    }
  });

  it('leave a token paused that is paused concurrently', async () => {
    const { server } = await start();
    for (let round = 0; round < 6; round += 1) {
      const token = await createToken(server, server.dev, { name: `raced ${round}` });
      const pause = server.ask(`/api/v1/tokens/${token.id}/pause`, { as: server.root, json: {} });
      const [rotated, paused] = await Promise.all([rotate(server, token), pause]);
      expect([201, 409]).toContain(rotated.status);
      expect(paused.status).toBe(200);
      expect(await verdict(server, token.token)).toBe('paused');
    }
  });
});
