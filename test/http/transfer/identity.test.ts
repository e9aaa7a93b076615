import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

it('a transferred token stands for the service account from the next request on', async () => {
  const ada = await server.addMember({ email: 'ada@example.com', can_manage_tokens: true });
  const { token, value } = await server.issue('deploy', { as: ada });
  const account = { name: 'ci', maintainers: [ada.email], groups: ['deployers'] };
  const created = await server.ask('/api/v1/service-accounts', { as: server.root, json: account });
  const { id } = (await created.json()) as { id: string };
  const identity = async () => {
    const headers: Array<[string, string]> = [['Authorization', `Bearer ${value}`]];
    const response = await server.send({ path: '/verify/auth-request', headers });
    const [user, userId, kind, groups] = ['user', 'user-id', 'user-kind', 'groups'].map(
      (field) => response.headers[`x-auth-${field}`],
    );
    return [response.status, user, userId, kind, groups];
  };
  expect(await identity()).toEqual([200, 'ada@example.com', ada.id, 'member', '']);
  const response = await server.ask(`/api/v1/tokens/${token.id}/transfer`, { as: ada, json: { to: 'ci' } });
  expect(response.status).toBe(200);
  expect(await identity()).toEqual([200, 'service-account:ci', id, 'service-account', 'deployers']);
});
