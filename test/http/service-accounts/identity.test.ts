import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

let server: TestServer;
let account: ServiceAccount;
let token: CreatedToken;
beforeAll(async () => {
  server = await startTestServer();
  // A superuser maintains it: their rights must not reach the app.
  account = await createServiceAccount(server, 'ci', { maintainers: [server.root], groups: ['deployers', 'Büro 2'] });
  token = await createAccountToken(server, server.root, 'ci', { name: 'deploy' });
  await server.ask('/api/v1/apps', { as: server.root, json: { name: 'wiki', groups: ['deployers'] } });
});
afterAll(() => server.stop());

const routes = [
  ...['/verify/auth-request', '/verify/forward-auth', '/verify/ext-authz/api/builds'],
  ...['/verify/apps/wiki/auth-request', '/verify/apps/wiki/forward-auth', '/verify/apps/wiki/ext-authz/api/builds'],
];

describe('a token of a service account', () => {
  it.each(routes)('stands for the service account at %s', async (path) => {
    const { status, headers } = await server.send({ path, headers: [['Authorization', `Bearer ${token.token}`]] });
    const identity = Object.entries(headers).filter(([name]) => /^x-auth-(user|superuser|groups)/.test(name));
    expect(status).toBe(200);
    expect(Object.fromEntries(identity)).toEqual({
      'x-auth-user': 'service-account:ci',
      'x-auth-user-id': account.id,
      'x-auth-user-kind': 'service-account',
      'x-auth-user-name': 'ci',
      'x-auth-superuser': 'false',
      'x-auth-groups': 'B%C3%BCro%202,deployers',
    });
  });

  it('stands for the service account in introspection', async () => {
    const client = await addClient(server, 'gateway');
    const response = await client.introspect({ token: token.token });
    expect(await response.json()).toMatchObject({
      active: true,
      username: 'service-account:ci',
      sub: account.id,
      jti: token.id,
      name: 'deploy',
    });
  });
});
