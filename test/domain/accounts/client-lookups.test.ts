import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClients } from '../../../server/domain/accounts/clients.ts';
import { generateSecret } from '../../../server/domain/secrets.ts';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await openTestApp();
});
afterAll(() => app.close());

it('looks up a client once for requests that arrive together, and authenticates each of them', async () => {
  const asked: Array<readonly string[]> = [];
  const { store, clock, services } = app;
  const secret = generateSecret('clientSecret');
  await store.clients.insert({
    ...{ id: 'client', clientId: 'client_a', name: 'api', nameFolded: 'api', secretHash: secret.hash() },
    ...{ canRevoke: false, canReport: false, createdAt: clock.now() },
  });
  const clients = {
    ...store.clients,
    findByClientIds(ids: readonly string[]) {
      asked.push(ids);
      return store.clients.findByClientIds(ids);
    },
  };
  const { authenticate } = createClients({
    ...{ store: { ...store, clients }, clock, newId: () => 'id', auditTrail: services.auditTrail },
  });
  const value = secret.reveal();
  const requests = Array.from({ length: 40 }, (_, i) =>
    authenticate(i % 4 === 3 ? 'client_b' : 'client_a', i % 4 === 2 ? `${value}x` : value),
  );
  const results = (await Promise.all(requests)).map((client) => client?.clientId ?? null);
  expect(results).toEqual(requests.map((_, i) => (i % 4 < 2 ? 'client_a' : null)));
  expect(asked).toEqual([['client_a'], ['client_a', 'client_b']]);
});
