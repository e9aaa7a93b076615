import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import type { Trust } from '../../../shared/schemas/trusts.ts';
import { jsonOf, type Member, type TestApp } from './app.ts';

/** Creates a service account as a superuser, with these maintainers. */
export async function createServiceAccount(
  app: TestApp,
  name: string,
  { maintainers = [], ...body }: { maintainers?: readonly Member[]; groups?: string[]; description?: string } = {},
): Promise<ServiceAccount> {
  const json = { name, maintainers: maintainers.map(({ email }) => email), ...body };
  const response = await app.ask('/api/v1/service-accounts', { as: app.root, json });
  if (response.status !== 201) throw new Error(`No service account was created: ${await response.text()}`);
  return jsonOf<ServiceAccount>(response);
}

/** Creates a token of a service account. */
export async function createAccountToken(
  app: TestApp,
  as: Member,
  serviceAccount: string,
  body: { name: string } & Record<string, unknown>,
): Promise<CreatedToken> {
  const response = await app.ask('/api/v1/tokens', { as, json: { service_account: serviceAccount, ...body } });
  if (response.status !== 201) throw new Error(`No token was created: ${await response.text()}`);
  return jsonOf<CreatedToken>(response);
}

/** Creates a trust in GitHub Actions as a superuser. */
export async function createTrust(
  app: TestApp,
  body: { name: string; service_account: string } & Record<string, unknown>,
): Promise<Trust> {
  const json = { issuer: 'https://token.actions.githubusercontent.com', claims: { repository: 'acme/api' }, ...body };
  const response = await app.ask('/api/v1/trusts', { as: app.root, json });
  if (response.status !== 201) throw new Error(`No trust was created: ${await response.text()}`);
  return jsonOf<Trust>(response);
}
