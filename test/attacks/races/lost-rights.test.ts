import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { jsonOf, type Member } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import { call, type Server, startServerOn } from './server-on.ts';

const engines = useEngines(patientTimes);

/** Requests of a maintainer that stop a token, or one of its values. */
const deeds: Array<[what: string, method: string, below: string, json?: object]> = [
  ['revokes', 'DELETE', ''],
  ['ends the old value of', 'DELETE', '/previous'],
  ['pauses', 'POST', '/pause', {}],
];

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  async function start(): Promise<Server> {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    return server;
  }

  /** Stores a rotated token of a service account that `member` maintains. */
  async function storeToken(server: Server, member: Member) {
    const account = await createServiceAccount(server, 'ci', { maintainers: [member] });
    const { id } = await createAccountToken(server, member, 'ci', { name: 'build', expires_in: 86_400 });
    const rotated = await call(server, member, 'POST', `/api/v1/tokens/${id}/rotate`, { overlap: 3600 });
    expect(rotated.status).toBe(201);
    return { account, path: `/api/v1/tokens/${id}` };
  }

  /** Sends the request while a transaction that takes away the right is still open, so that the request finds the token. */
  async function sendMeanwhile<T>(
    server: Server,
    takeAway: (store: Store) => Promise<unknown>,
    send: () => Promise<T>,
  ) {
    let sent: Promise<T> | undefined;
    await server.store.transaction(async (store) => {
      await takeAway(store);
      sent = send();
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    return sent as Promise<T>;
  }

  const stateOf = async (server: Server, path: string) => {
    const { status, paused, previous } = await jsonOf<Record<string, unknown>>(server.ask(path, { as: server.root }));
    return { status, paused, hasPrevious: previous !== null };
  };
  const untouched = { status: 'active', paused: null, hasPrevious: true };

  it.each(deeds)('no maintainer %s a token after they were removed', async (_what, method, below, json) => {
    const server = await start();
    const { account, path } = await storeToken(server, server.dev);
    const remove = async (store: Store) => {
      await store.serviceAccounts.lock(account.id);
      await store.serviceAccounts.removeMaintainer(account.id, server.dev.id);
    };
    const response = await sendMeanwhile(server, remove, () =>
      call(server, server.dev, method, `${path}${below}`, json),
    );
    expect(response.status, response.body).toBe(404);
    expect(await stateOf(server, path)).toEqual(untouched);
  });

  it.each(deeds)('no superuser %s a token after they were demoted', async (_what, method, below, json) => {
    const server = await start();
    const { path } = await storeToken(server, server.dev);
    const demoted = await server.addMember({ email: 'demoted@example.com', superuser: true });
    const demote = (store: Store) => store.users.setSuperuser(demoted.id, false);
    const response = await sendMeanwhile(server, demote, () => call(server, demoted, method, `${path}${below}`, json));
    expect(response.status, response.body).toBe(403);
    expect(await stateOf(server, path)).toEqual(untouched);
  });

  it('no superuser ends the sessions of a member after they were demoted', async () => {
    const server = await start();
    const demoted = await server.addMember({ email: 'demoted@example.com', superuser: true });
    const demote = (store: Store) => store.users.setSuperuser(demoted.id, false);
    const path = `/api/v1/users/${server.dev.id}/sessions`;
    const response = await sendMeanwhile(server, demote, () => call(server, demoted, 'DELETE', path));
    expect(response.status, response.body).toBe(403);
    expect((await server.ask('/api/v1/me', { as: server.dev })).status).toBe(200);
  });
});
