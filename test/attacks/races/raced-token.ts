import { expect } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import type { TestResponse } from '../../helpers/app/http.ts';
import { endpointsOf, type OAuthClient } from '../tokens/endpoints.ts';
import { call, type Server } from './server-on.ts';
import { createTicks, createTimeline, possibleVerdicts } from './timeline.ts';

/** A change to the token or its owner in one round. Each changes one fact; several run concurrently. */
export type Writer = 'permission' | 'account' | 'revocation' | 'rotation' | 'pause' | 'expiry';

/** Lifetime of the token, in seconds. */
const lifetime = 60;
/** Number of times that the permission or the account changes in one round. */
export const toggles = 8;
const readers = 8;

/** Waits long enough for some responses to arrive. */
export const pause = () => new Promise((resolve) => setTimeout(resolve, 3));

/**
 * Verifies one token continuously at every endpoint while the writers change it or its owner. Expects each verdict to
 * have been true at some time between the request and its response. Returns all verdicts.
 */
export async function verifyWhile(server: Server, client: OAuthClient, round: number, writers: Writer[]) {
  const owner = await server.addMember({ email: `owner${round}@example.com`, can_manage_tokens: true });
  const { id, token: value } = await createToken(server, owner, { name: 'raced', expires_in: lifetime });
  const endpoints = endpointsOf(server, client);
  const tick = createTicks();
  /** The deny reasons in order of precedence. */
  const facts = {
    revoked: createTimeline(tick, false),
    rotated: createTimeline(tick, false),
    disabled: createTimeline(tick, false),
    blocked: createTimeline(tick, false),
    paused: createTimeline(tick, false),
    expired: createTimeline(tick, false),
  };

  async function change(method: string, path: string, json?: unknown): Promise<void> {
    const response = await call(server, server.root, method, path, json);
    expect([200, 204], response.body).toContain(response.status);
  }
  async function toggle(fact: 'blocked' | 'disabled', changes: (is: boolean) => object): Promise<void> {
    for (let turn = 0; turn < toggles; turn += 1) {
      const is = turn % 2 === 0;
      await facts[fact].become(is, () => change('PATCH', `/api/v1/users/${owner.id}`, changes(is)));
      await pause();
    }
  }
  const revocations = [
    () => change('DELETE', `/api/v1/tokens/${id}`),
    () => change('DELETE', `/api/v1/users/${owner.id}/tokens`),
    async () => expect((await revokeAsClient(server, client, value)).status).toBe(200),
  ];
  const write: Record<Writer, () => Promise<void>> = {
    permission: () => toggle('blocked', (is) => ({ can_manage_tokens: !is })),
    account: () => toggle('disabled', (is) => ({ disabled: is })),
    async revocation() {
      await pause();
      await facts.revoked.become(true, () => revocations[round % revocations.length]?.());
    },
    async rotation() {
      await pause();
      const rotate = () => call(server, owner, 'POST', `/api/v1/tokens/${id}/rotate`, { overlap: 0 });
      await facts.rotated.become(true, async () => expect((await rotate()).status).toBe(201));
    },
    async pause() {
      for (let turn = 0; turn < toggles; turn += 1) {
        const is = turn % 2 === 0;
        const path = `/api/v1/tokens/${id}/${is ? 'pause' : 'resume'}`;
        // 404 after a revocation, which comes before a pause in the order of deny reasons.
        const ask = () => call(server, server.root, 'POST', path, is ? {} : undefined);
        await facts.paused.become(is, async () => expect([200, 404]).toContain((await ask()).status));
        await pause();
      }
    },
    async expiry() {
      await pause();
      await facts.expired.become(true, () => server.clock.advance(lifetime * 1000));
    },
  };

  const verdicts: string[] = [];
  let writing = true;
  async function read(first: number): Promise<void> {
    // Sends three more requests after all changes are acknowledged. These must see the final state.
    for (let turn = first, after = 0; after < 3; turn += readers) {
      if (!writing) after += 1;
      const endpoint = endpoints[turn % endpoints.length];
      if (endpoint === undefined) throw new Error('There is no endpoint');
      const from = tick();
      const response = await endpoint.send(value);
      const possible = possibleVerdicts(Object.entries(facts), 'active', from, tick());
      const { allowed, reason } = endpoint.verdictOf(response);
      const verdict = allowed ? 'active' : (reason ?? 'inactive');
      const isTrue = verdict === 'inactive' ? possible.some((one) => one !== 'active') : possible.includes(verdict);
      expect({ endpoint: endpoint.name, verdict, possible, isTrue }).toMatchObject({ isTrue: true });
      verdicts.push(verdict);
    }
  }

  const reading = Promise.all(Array.from({ length: readers }, (_, first) => read(first)));
  async function writeAll(): Promise<void> {
    while (verdicts.length < readers) await pause();
    await Promise.all(writers.map((writer) => write[writer]()));
  }
  const written = writeAll().finally(() => {
    writing = false;
  });
  await Promise.all([reading, written]);
  return verdicts;
}

function revokeAsClient(
  server: Server,
  { client_id, client_secret }: OAuthClient,
  token: string,
): Promise<TestResponse> {
  const body = new URLSearchParams({ client_id, client_secret, token }).toString();
  const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
  return server.send({ method: 'POST', path: '/oauth/revoke', headers, body });
}
