import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSignInRateLimit } from '../../../server/domain/sign-in/rate-limit/rate-limit.ts';
import { openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { openConsole } from '../../helpers/console/pages.ts';

const engines = useEngines();
const networks = Array.from({ length: 1000 }, (_, n) => `198.18.${n >> 8}.${n & 255}`);

/** Guesses from every network, and then on from the first fifty until stopped. Hashes only some passwords, which takes time. */
function storm(app: TestApp, email: string) {
  const guess = async (ip: string) =>
    (await app.ask('/api/v1/sessions', { json: { email, password: 'wrong' }, ip })).status;
  let going = true;
  const statuses = new Map<number, number>();
  const begun = (async () => {
    // Many retry as well, until those that retry have to wait.
    for (const ip of [...networks.slice(50), ...networks.slice(50, 350)]) {
      const keys = { guess: 'password', account: email, ip } as const;
      await app.services.rateLimit.attempt(keys, async () => ({ succeeded: false }));
    }
    await Promise.all(networks.slice(0, 50).map(guess));
  })();
  const attack = async (turn: number) => {
    await begun;
    for (let n = turn; going; n += 4) {
      const status = await guess(networks[n % networks.length] ?? '');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await sleep(20);
    }
  };
  const attackers = [0, 1, 2, 3].map(attack);
  return {
    begun,
    statuses,
    async stop() {
      going = false;
      await Promise.all(attackers);
    },
  };
}

describe.each(Object.entries(engines))('a storm of wrong passwords from 1,000 networks, on %s', (engine, openStore) => {
  async function open() {
    const app = await openTestApp({}, openStore());
    onTestFinished(app.close);
    const known = openConsole(app);
    await known.get('/login');
    await known.submit('/login', { email: app.dev.email, password });
    const attack = storm(app, app.dev.email);
    await attack.begun;
    onTestFinished(attack.stop);
    return { app, known, attack };
  }

  it('keeps the owner out of nothing, and gets few guesses', async () => {
    const { app, known, attack } = await open();
    const json = { email: app.dev.email, password };
    // A known browser, after its session ended.
    known.cookies.delete('__Host-tokens_session');
    await known.get('/login');
    expect((await known.submit('/login', json)).status).toBe(303);
    // Another browser at another network, and programs without cookies.
    const began = performance.now();
    expect((await app.ask('/api/v1/sessions', { json, ip: '203.0.113.77' })).status).toBe(201);
    expect(performance.now() - began).toBeLessThan(60_000);
    const obtained = { json: { username: app.dev.email, password }, ip: '203.0.113.78' };
    expect((await app.ask('/api-token-auth/', obtained)).status).toBe(200);
    const changed = { method: 'PUT', as: app.dev, json: { current: password, new: 'another staple battery horse' } };
    expect((await app.ask('/api/v1/me/password', changed)).status).toBe(204);
    await attack.stop();
    // Beside the first guess of each network and those of the ones that retry, those of all strangers together.
    expect(attack.statuses.get(401) ?? 0).toBeLessThan(40);
  });

  it.runIf(engine === 'PostgreSQL')('ends for a daemon when another one forgets the account', async () => {
    const { app, attack } = await open();
    await attack.stop();
    const from = { json: { email: app.dev.email, password: 'wrong' }, ip: networks[1] ?? '' };
    const statuses = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await app.ask('/api/v1/sessions', from)).status);
    expect(statuses.at(-1)).toBe(429);
    await createSignInRateLimit(app.store.limiter).forgetAccount(app.dev.email);
    expect((await app.ask('/api/v1/sessions', from)).status).toBe(401);
  });
});
