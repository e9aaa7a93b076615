import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { jsonOf, type Member } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';
import { call, type Server, startServerOn } from '../races/server-on.ts';

const engines = useEngines();

/** How a superuser ends what a key may do. Each resolves once it is done. */
const endings: Record<string, (server: Server, key: TestKey) => Promise<unknown>> = {
  revoked: (server, { id }) => call(server, server.root, 'DELETE', `/api/v1/tokens/${id}`),
  paused: (server, { id }) => call(server, server.root, 'POST', `/api/v1/tokens/${id}/pause`, {}),
  'of a disabled service account': (server, { account }) => server.store.serviceAccounts.setDisabled(account.id, true),
};

describe.each(Object.entries(engines))('on %s', (_engine, openStore) => {
  it.each(Object.keys(endings))('keeps a key that is %s from changing anything later', async (ending) => {
    const server = await startServerOn(openStore());
    onTestFinished(() => server.stop());
    const account = await storeServiceAccount(server, 'platform');
    for (let round = 0; round < 4; round += 1) {
      await server.store.serviceAccounts.setDisabled(account.id, false);
      const key = await storeKey(server, account, ['users:write'], { name: `key ${round}` });
      const target = await server.addMember({ email: `target${round}@example.com` });
      const asKey: Member = { ...server.dev, session: key.value };
      let sending = true;
      let changes = 0;
      const requests = Array.from({ length: 12 }, async () => {
        while (sending) {
          const name = `by the key ${changes}`;
          const { status } = await call(server, asKey, 'PATCH', `/api/v1/users/${target.id}`, { name });
          if (status === 200) changes += 1;
        }
      });
      await vi.waitFor(() => expect(changes, 'the key changed nothing').toBeGreaterThan(0), { timeout: 10_000 });
      await endings[ending]?.(server, key);
      const renamed = { name: 'by the superuser' };
      const response = await call(server, server.root, 'PATCH', `/api/v1/users/${target.id}`, renamed);
      await new Promise((resolve) => setTimeout(resolve, 60));
      sending = false;
      await Promise.all(requests);
      expect(response.status, response.body).toBe(200);
      expect(await jsonOf(server.ask(`/api/v1/users/${target.id}`, { as: server.root }))).toMatchObject(renamed);
    }
  });
});
