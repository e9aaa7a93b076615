import { describe, expect, it, onTestFinished } from 'vitest';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import { call, type Server, startServerOn } from '../races/server-on.ts';

const engines = useEngines(patientTimes);
const day = 24 * 60 * 60;

describe.each(Object.entries(engines))('a token that a superuser paused, on %s', (_engine, openStore) => {
  async function start(): Promise<{ server: Server; token: CreatedToken }> {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    const token = await createToken(server, server.dev, { name: 'stolen', expires_in: 90 * day, self_rotate: true });
    return { server, token };
  }
  const act = (server: Server, as: Member, { id }: CreatedToken, action: string, json: object = {}) =>
    server.ask(`/api/v1/tokens/${id}/${action}`, { method: 'POST', as, json });
  const verdicts = (server: Server, ...values: string[]) => Promise.all(values.map((value) => verdict(server, value)));

  it('is not let work again by a rotation from a stolen session, whatever follows it', async () => {
    const { server, token } = await start();
    await act(server, server.root, token, 'pause', { reason: 'Stolen' });
    const before = await jsonOf(server.ask(`/api/v1/tokens/${token.id}`, { as: server.dev }));
    // The thief has a session of the owner, and the value.
    const thief = { ...server.dev, session: await server.signIn(server.dev.id) };
    const first = await jsonOf<CreatedToken>(act(server, thief, token, 'rotate', { overlap: 0, expires_in: day }));
    const second = await jsonOf<CreatedToken>(act(server, thief, token, 'rotate', { overlap: 0, end_previous: true }));
    const values = [token.token, first.token, second.token];
    const attempts = [
      act(server, thief, token, 'rotate', { overlap: 30 * day }),
      act(server, thief, token, 'resume'),
      act(server, thief, token, 'pause', { for: 1 }),
      call(server, thief, 'PATCH', `/api/v1/tokens/${token.id}`, { expires_in: 60 * day }),
      ...values.map((value) =>
        server.ask('/api/v1/token/rotate', { json: { overlap: 0 }, headers: { Authorization: `Token ${value}` } }),
      ),
    ];
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses).toEqual([409, 403, 403, 409, 401, 401, 401]);
    expect(await verdicts(server, ...values)).toEqual(['rotated', 'rotated', 'paused']);
    const after = await jsonOf(server.ask(`/api/v1/tokens/${token.id}`, { as: server.dev }));
    expect([after.status, after.paused]).toEqual(['paused', before.paused]);
    // The owner sees both rotations, and replaces the thief's value before a superuser resumes the token.
    const mails = (await server.mails()).filter(({ subject }) => subject.includes('was rotated'));
    expect(mails).toHaveLength(2);
    const own = await jsonOf<CreatedToken>(act(server, server.dev, token, 'rotate', { overlap: 0 }));
    expect((await act(server, server.root, token, 'resume')).status).toBe(200);
    expect(await verdicts(server, ...values, own.token)).toEqual(['rotated', 'rotated', 'rotated', 200]);
    server.clock.advance(-1000);
    expect(await verdicts(server, ...values)).toEqual(['rotated', 'rotated', 'rotated']);
  });

  it('keeps its pause if it is paused while it is rotated, and then only its new value works', async () => {
    const { server } = await start();
    for (let round = 0; round < 6; round += 1) {
      const token = await createToken(server, server.dev, { name: `raced ${round}` });
      const both = [
        () => act(server, server.dev, token, 'rotate', { overlap: 0 }),
        () => act(server, server.root, token, 'pause'),
      ];
      const [rotated, paused] = await inOrder(both, round);
      expect([rotated?.status, paused?.status]).toEqual([201, 200]);
      const { token: value } = await jsonOf<CreatedToken>(rotated as Response);
      expect(await verdicts(server, token.token, value)).toEqual(['rotated', 'paused']);
    }
  });

  it('accepts only its new value if it is resumed while it is rotated', async () => {
    const { server } = await start();
    for (let round = 0; round < 6; round += 1) {
      const token = await createToken(server, server.dev, { name: `raced ${round}` });
      await act(server, server.root, token, 'pause');
      const both = [
        () => act(server, server.dev, token, 'rotate', { overlap: 0 }),
        () => act(server, server.root, token, 'resume'),
      ];
      const [rotated, resumed] = await inOrder(both, round);
      expect([rotated?.status, resumed?.status]).toEqual([201, 200]);
      const { token: value } = await jsonOf<CreatedToken>(rotated as Response);
      expect(await verdicts(server, token.token, value)).toEqual(['rotated', 200]);
    }
  });

  it('leaves its old value working after a resumption only if the rotation saw no pause', async () => {
    const { server } = await start();
    for (let round = 0; round < 6; round += 1) {
      const token = await createToken(server, server.dev, { name: `raced ${round}` });
      await act(server, server.root, token, 'pause');
      const both = [() => act(server, server.dev, token, 'rotate'), () => act(server, server.root, token, 'resume')];
      const [rotated, resumed] = await inOrder(both, round);
      expect([201, 409]).toContain(rotated?.status);
      expect([resumed?.status, await verdict(server, token.token)]).toEqual([200, 200]);
    }
  });
});

/** Starts both requests, in turn the one or the other first. Returns the responses in the order of the requests. */
async function inOrder(requests: ReadonlyArray<() => Promise<Response>>, turn: number): Promise<Response[]> {
  if (turn % 2 === 0) return Promise.all(requests.map((request) => request()));
  return (await Promise.all([...requests].reverse().map((request) => request()))).reverse();
}
