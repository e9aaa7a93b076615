import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';
import { useOf } from '../../store/contract/records.ts';
import { type Server, startServerOn } from './server-on.ts';

const engines = useEngines(patientTimes);
const rounds = 8;

interface Scene {
  server: Server;
  ci: ServiceAccount;
  leaver: Member;
}

describe.each(Object.entries(engines))('transfers on %s', (_engine, openStore) => {
  async function start(): Promise<Scene> {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    // Open the connections first. Otherwise one request could finish while the others still connect.
    await Promise.all(Array.from({ length: 10 }, () => server.store.transaction((store) => store.users.isEmpty())));
    const leaver = await server.addMember({ email: 'leaver@example.com', can_manage_tokens: true });
    return { server, leaver, ci: await createServiceAccount(server, 'ci', { maintainers: [leaver, server.dev] }) };
  }

  const post = (server: Server, path: string, as: Member, json: object = {}) =>
    server.ask(`/api/v1${path}`, { method: 'POST', as, json });
  const transfer = (server: Server, { id }: CreatedToken, as: Member, to = 'ci') =>
    post(server, `/tokens/${id}/transfer`, as, { to });
  const offboard = (server: Server, { id }: Member, json: object = { transfer_to: 'ci' }) =>
    post(server, `/users/${id}/offboard`, server.root, json);
  const ownerOf = async (server: Server, { id }: CreatedToken) => (await server.store.tokens.findById(id))?.ownerEmail;
  /** Starts both, in turn one or the other first. */
  async function race(round: number, one: () => Promise<Response>, other: () => Promise<Response>) {
    if (round % 2 === 0) return Promise.all([one(), other()]);
    const started = [other(), one()] as const;
    return [await started[1], await started[0]] as const;
  }

  it('let no maintainer transfer who is removed at the same time, if the removal came first', async () => {
    const { server, leaver, ci } = await start();
    const maintain = (json: object) =>
      server.ask(`/api/v1/service-accounts/${ci.id}`, { method: 'PATCH', as: server.root, json });
    for (let round = 0; round < rounds; round += 1) {
      const token = await createToken(server, leaver, { name: `raced ${round}` });
      const [moved, removed] = await race(
        round,
        () => transfer(server, token, leaver),
        () => maintain({ remove_maintainers: [leaver.email] }),
      );
      expect(removed.status).toBe(200);
      expect([200, 404]).toContain(moved.status);
      expect(await ownerOf(server, token)).toBe(moved.status === 200 ? 'service-account:ci' : leaver.email);
      expect((await transfer(server, token, leaver)).status).toBe(404);
      await maintain({ add_maintainers: [leaver.email] });
    }
  });

  it('let no former owner change a token with a request that began before', async () => {
    const { server, leaver, ci } = await start();
    const remove = { remove_maintainers: [leaver.email] };
    await server.ask(`/api/v1/service-accounts/${ci.id}`, { method: 'PATCH', as: server.root, json: remove });
    for (let round = 0; round < rounds; round += 1) {
      const token = await createToken(server, leaver, { name: `raced ${round}` });
      const change = ['rotate', 'pause', 'revoke'][round % 3];
      const path = `/api/v1/tokens/${token.id}`;
      const [moved, changed] = await race(
        round,
        () => transfer(server, token, server.root),
        () =>
          change === 'revoke'
            ? server.ask(path, { method: 'DELETE', as: leaver })
            : server.ask(`${path}/${change}`, { as: leaver, json: {} }),
      );
      expect([200, 404]).toContain(moved.status);
      const events = await server.store.audit.list({ limit: 10, before: null, participant: token.id });
      const actions = events.map(({ action }) => action);
      // What the former owner did comes before the transfer, or was refused.
      const own = { rotate: 'token.rotated', pause: 'token.paused', revoke: 'token.revoked' }[change as 'rotate'];
      if (changed.status >= 400) expect(actions, `${change}`).not.toContain(own);
      else if (moved.status === 200)
        expect(actions.indexOf('token.transferred')).toBeLessThan(actions.indexOf(own as never));
      else expect(actions).not.toContain('token.transferred');
    }
  });

  it('leave no value of a token that is revoked at the same time', async () => {
    const { server, leaver } = await start();
    for (let round = 0; round < rounds; round += 1) {
      const token = await createToken(server, leaver, { name: `raced ${round}` });
      const [moved, revoked] = await race(
        round,
        () => transfer(server, token, leaver),
        () => server.ask(`/api/v1/tokens/${token.id}`, { method: 'DELETE', as: server.root }),
      );
      expect(revoked.status).toBe(204);
      expect([200, 404]).toContain(moved.status);
      expect(await verdict(server, token.token)).toBe('revoked');
    }
  });

  it('give a token one owner if two superusers transfer it to different service accounts', async () => {
    const { server, leaver } = await start();
    await createServiceAccount(server, 'builds');
    for (let round = 0; round < rounds; round += 1) {
      const token = await createToken(server, leaver, { name: `raced ${round}` });
      const responses = await race(
        round,
        () => transfer(server, token, server.root, 'ci'),
        () => transfer(server, token, server.root, 'builds'),
      );
      // The second one finds the first owner gone, or moves the token on.
      const statuses = responses.map(({ status }) => status);
      expect(statuses).toContain(200);
      for (const status of statuses) expect([200, 404]).toContain(status);
      expect(await ownerOf(server, token)).toMatch(/^service-account:(ci|builds)$/);
      expect(await verdict(server, token.token)).toBe(200);
    }
  });

  it('do not deadlock if two maintainers swap tokens of two service accounts', async () => {
    const { server, leaver } = await start();
    await createServiceAccount(server, 'builds', { maintainers: [leaver, server.dev] });
    for (let round = 0; round < rounds; round += 1) {
      const [one, two] = [
        await createAccountToken(server, leaver, 'ci', { name: `one ${round}` }),
        await createAccountToken(server, leaver, 'builds', { name: `two ${round}` }),
      ];
      const responses = await race(
        round,
        () => transfer(server, one, leaver, 'builds'),
        () => transfer(server, two, server.dev, 'ci'),
      );
      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    }
  });

  it('leave an offboarded member only the grace, although they rotate and transfer meanwhile', async () => {
    const { server, ci } = await start();
    for (let round = 0; round < rounds; round += 1) {
      const leaver = await server.addMember({ email: `leaver${round}@example.com`, can_manage_tokens: true });
      const edit = { add_maintainers: [leaver.email] };
      await server.ask(`/api/v1/service-accounts/${ci.id}`, { method: 'PATCH', as: server.root, json: edit });
      const tokens = [
        await createToken(server, leaver, { name: `used ${round}`, self_rotate: true, expires_in: 90 * 24 * 60 * 60 }),
        await createToken(server, leaver, { name: `unused ${round}` }),
      ];
      const [used, unused] = tokens as [CreatedToken, CreatedToken];
      await server.store.tokens.recordUses([useOf(used.id, { at: server.clock.now() })]);
      const steps = [
        () => offboard(server, leaver, { transfer_to: 'ci', grace: 60 }),
        () => post(server, `/tokens/${used.id}/rotate`, leaver),
        () => transfer(server, unused, leaver),
        () => post(server, '/tokens', leaver, { name: `late ${round}` }),
        () => server.ask('/api/v1/token/rotate', { headers: { Authorization: `Token ${used.token}` }, json: {} }),
      ];
      const order = round % 2 === 0 ? steps : [...steps.slice(1), steps[0] as (typeof steps)[0]];
      const responses = await Promise.all(order.map((step) => step()));
      const result = responses[round % 2 === 0 ? 0 : order.length - 1] as Response;
      expect(result.status).toBe(200);
      // Nothing is left of the leaver, and what was in use ends with the grace.
      const all = { limit: 50, before: null, now: server.clock.now() };
      expect(await server.store.tokens.list({ ...all, ownerId: leaver.id })).toEqual([]);
      const found = await server.store.tokens.findById(used.id);
      expect(found?.ownerEmail).toBe('service-account:ci');
      expect(found?.expiresAt).toBeLessThanOrEqual(server.clock.now() + 60_000);
      expect(found?.selfRotate).toBe(false);
      expect((await server.ask('/api/v1/me', { as: leaver })).status).toBe(401);
    }
  });

  it('count each token once if two offboard a member', async () => {
    const { server, leaver } = await start();
    const tokens = [];
    for (const name of ['one', 'two', 'three']) tokens.push(await createToken(server, leaver, { name }));
    await server.store.tokens.recordUses(tokens.map(({ id }) => useOf(id, { at: server.clock.now() })));
    const responses = await Promise.all([offboard(server, leaver), offboard(server, leaver)]);
    const results = await Promise.all(responses.map((response) => jsonOf<{ transferred: number }>(response)));
    expect(results.map(({ transferred }) => transferred).sort()).toEqual([0, 3]);
    for (const { token } of tokens) expect(await verdict(server, token)).toBe(200);
  });
});
