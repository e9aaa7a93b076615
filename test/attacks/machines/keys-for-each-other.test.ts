import { describe, expect, it, onTestFinished } from 'vitest';
import type { Member } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import { call, type Server, startServerOn } from '../races/server-on.ts';

const engines = useEngines(patientTimes);
const scopes = ['tokens:write', 'users:write', 'service-accounts', 'trusts'] as const;

/**
 * Stores two service accounts with a key each, and the only superuser between them in the order of IDs. A transaction that locked the
 * superuser first, and its own account after that, could then deadlock with one that locks both in the order of their IDs.
 */
async function twoKeys(server: Server) {
  const storeNext = async (name: string) => {
    server.clock.advance(1000);
    const key = await storeKey(server, await storeServiceAccount(server, name), scopes);
    server.clock.advance(1000);
    return { name, account: key.account, as: { ...server.dev, session: key.value } satisfies Member };
  };
  const first = await storeNext('first');
  const superuser = await server.addMember({ email: 'superuser@example.com', superuser: true });
  const second = await storeNext('second');
  await server.store.users.setSuperuser(server.root.id, false);
  return { first, second, superuser };
}

type Key = Awaited<ReturnType<typeof twoKeys>>['first'];

/** What a key may do with another service account, and with members. */
async function manage(server: Server, key: Key, other: Key, turn: number): Promise<number[]> {
  const name = `${key.name}-${turn}`;
  const send = (method: string, path: string, body: unknown) => call(server, key.as, method, `/api/v1${path}`, body);
  const created = await send('POST', '/tokens', { name, service_account: other.name, expires_in: 3600 });
  const { id } = JSON.parse(created.body);
  const trust = { name, service_account: other.name, issuer: 'https://ci.example.com', claims: { sub: name } };
  const changed = [
    await send('PATCH', `/service-accounts/${other.account.id}`, { description: name }),
    await send('PATCH', `/tokens/${id}`, { description: name }),
    await send('POST', `/tokens/${id}/rotate`, {}),
    await send('POST', '/trusts', trust),
    await send('PATCH', `/users/${server.dev.id}`, { name }),
    await send('POST', `/tokens/${id}/pause`, {}),
    await send('DELETE', `/tokens/${id}`, undefined),
  ];
  return [created, ...changed].map(({ status }) => status);
}

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  it('lets keys of two service accounts, and a superuser, manage both at once, and none gets a 503 because of a deadlock', async () => {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    const { first, second, superuser } = await twoKeys(server);
    const plain = await storeKey(server, first.account, [], { name: 'plain' });
    const statuses = new Set<number>();
    const turns = Array.from({ length: 8 }, (_, turn) => turn);
    const repeat = async (work: (turn: number) => Promise<number[]>) => {
      for (const turn of turns) for (const status of await work(turn)) statuses.add(status);
    };
    await Promise.all([
      repeat((turn) => manage(server, first, second, turn)),
      repeat((turn) => manage(server, second, first, turn)),
      repeat(async (turn) => {
        const send = (method: string, path: string, body: unknown) => call(server, superuser, method, path, body);
        const [from, to] = turn % 2 === 0 ? [first, second] : [second, first];
        const responses = [
          await send('POST', `/api/v1/tokens/${plain.id}/transfer`, { to: to.name }),
          await send('POST', `/api/v1/tokens/${plain.id}/pause`, {}),
          await send('POST', `/api/v1/tokens/${plain.id}/resume`, {}),
          await send('PATCH', `/api/v1/service-accounts/${from.account.id}`, { groups: [`g${turn}`] }),
          await send('PATCH', `/api/v1/service-accounts/${to.account.id}`, { groups: [`g${turn}`] }),
        ];
        return responses.map(({ status }) => status);
      }),
    ]);
    expect([...statuses].sort()).toEqual([200, 201, 204]);
  });
});
