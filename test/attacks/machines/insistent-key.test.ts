import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Member } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import type { TestResponse } from '../../helpers/app/http.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';
import { call, type Server, startServerOn } from '../races/server-on.ts';

const engines = useEngines();

/** How a superuser ends what a key may do, and the audit event of that. */
const endings: Array<[string, string, (server: Server, key: TestKey) => Promise<TestResponse>]> = [
  ['is revoked', 'token.revoked', (server, { id }) => call(server, server.root, 'DELETE', `/api/v1/tokens/${id}`)],
  [
    'is paused',
    'token.paused',
    (server, { id }) => call(server, server.root, 'POST', `/api/v1/tokens/${id}/pause`, {}),
  ],
  [
    'loses the scope',
    'token.changed',
    (server, { id }) => call(server, server.root, 'PATCH', `/api/v1/tokens/${id}`, { manage: ['apps'] }),
  ],
  [
    'belongs to an account that is disabled',
    'service_account.disabled',
    (server, { account }) =>
      call(server, server.root, 'PATCH', `/api/v1/service-accounts/${account.id}`, { disabled: true }),
  ],
];

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  it.each(endings)('lets a key that %s change nothing after that', async (_what, action, end) => {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    const target = await server.addMember({ email: 'target@example.com' });
    for (let round = 0; round < 4; round += 1) {
      const key = await storeKey(server, await storeServiceAccount(server, `round-${round}`), ['users:write']);
      const asKey: Member = { ...server.dev, session: key.value };
      let sending = true;
      let changes = 0;
      const requests = Array.from({ length: 12 }, async (_, sender) => {
        for (let sent = 0; sending; sent += 1) {
          const name = `${round} ${sender} ${sent}`;
          const { status } = await call(server, asKey, 'PATCH', `/api/v1/users/${target.id}`, { name });
          if (status === 200) changes += 1;
        }
      });
      await vi.waitFor(() => expect(changes, 'the key changed nothing').toBeGreaterThan(20), { timeout: 10_000 });
      let ended = await end(server, key);
      // All requests of the key queue for the same rows, so one of the superuser can wait for too long. Nothing was done then.
      while (ended.status === 503) ended = await end(server, key);
      sending = false;
      await Promise.all(requests);
      expect(ended.status, ended.body).toBeLessThan(300);
      // Both events get their IDs under the lock that orders the two transactions.
      const events = await server.store.audit.list({ limit: 10_000, before: null });
      const endedAs = events.find((event) => event.action === action)?.id ?? '';
      const later = events.filter(({ id, actor }) => actor.id === key.account.id && id > endedAs);
      expect(endedAs).not.toBe('');
      expect(later.map(({ action }) => action)).toEqual([]);
    }
    // The error code of a deadlock. A transaction that only waited for too long has another one.
    expect(server.logLines.join('')).not.toContain('40P01');
  });
});
