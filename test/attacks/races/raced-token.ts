import { expect } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import type { Answer } from '../../helpers/app/http.ts';
import { placesOf, type Service } from '../tokens/everywhere.ts';
import { call, type Server } from './server-on.ts';
import { createTicks, createTimeline } from './timeline.ts';

/** What is done to the token in one round: each changes one fact, several at the same time. */
export type Writer = 'permission' | 'account' | 'revocation' | 'expiry';

const lifetime = 60;
/** How often the permission is removed or granted in one round. */
export const toggles = 8;
const askers = 8;

/** Long enough for some answers in between. */
export const pause = () => new Promise((resolve) => setTimeout(resolve, 3));

/** One token, its writers, and some who ask everywhere all the time. Each verdict is checked; answers them all. */
export async function verifyWhile(server: Server, service: Service, round: number, writers: Writer[]) {
  const owner = await server.addMember({ email: `owner${round}@example.com`, can_manage_tokens: true });
  const { id, token: value } = await createToken(server, owner, { name: 'raced', expires_in: lifetime });
  const places = placesOf(server, service);
  const tick = createTicks();
  /** In the order in which they count. */
  const facts = {
    revoked: createTimeline(tick, false),
    disabled: createTimeline(tick, false),
    blocked: createTimeline(tick, false),
    expired: createTimeline(tick, false),
  };

  async function change(method: string, path: string, json?: unknown): Promise<void> {
    const answer = await call(server, server.root, method, path, json);
    expect([200, 204], answer.body).toContain(answer.status);
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
    async () => expect((await revokeAsService(server, service, value)).status).toBe(200),
  ];
  const write: Record<Writer, () => Promise<void>> = {
    permission: () => toggle('blocked', (is) => ({ can_manage_tokens: !is })),
    account: () => toggle('disabled', (is) => ({ disabled: is })),
    async revocation() {
      await pause();
      await facts.revoked.become(true, () => revocations[round % revocations.length]?.());
    },
    async expiry() {
      await pause();
      await facts.expired.become(true, () => server.clock.advance(lifetime * 1000));
    },
  };

  /** What could be said of the token at any time between these ticks. */
  function possible(from: number, to: number): string[] {
    const may: string[] = [];
    for (const [reason, fact] of Object.entries(facts)) {
      const values = fact.between(from, to);
      if (values.includes(true)) may.push(reason);
      if (!values.includes(false)) return may;
    }
    return [...may, 'good'];
  }

  const verdicts: string[] = [];
  let writing = true;
  async function ask(first: number): Promise<void> {
    // A few more once all is acknowledged: those must know.
    for (let turn = first, after = 0; after < 3; turn += askers) {
      if (!writing) after += 1;
      const place = places[turn % places.length];
      if (place === undefined) throw new Error('no place');
      const from = tick();
      const answer = await place.ask(value);
      const may = possible(from, tick());
      const { allowed, reason } = place.judge(answer);
      const verdict = allowed ? 'good' : (reason ?? 'inactive');
      const isTrue = verdict === 'inactive' ? may.some((one) => one !== 'good') : may.includes(verdict);
      expect({ place: place.name, verdict, may, isTrue }).toMatchObject({ isTrue: true });
      verdicts.push(verdict);
    }
  }

  const asking = Promise.all(Array.from({ length: askers }, (_, first) => ask(first)));
  async function writeAll(): Promise<void> {
    while (verdicts.length < askers) await pause();
    await Promise.all(writers.map((writer) => write[writer]()));
  }
  const written = writeAll().finally(() => {
    writing = false;
  });
  await Promise.all([asking, written]);
  return verdicts;
}

function revokeAsService(server: Server, { client_id, client_secret }: Service, token: string): Promise<Answer> {
  const body = new URLSearchParams({ client_id, client_secret, token }).toString();
  const headers = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
  return server.send({ method: 'POST', path: '/oauth/revoke', headers, body });
}
