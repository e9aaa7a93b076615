import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import { localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { serviceAccountShape } from '../service-account-shapes.ts';
import { pageShape } from '../shapes.ts';
import { didYouMean } from './close-names.ts';

/** Returns the service account with this name. @throws CliError `service-account-not-found`. */
export async function findServiceAccount(api: Api, name: string): Promise<ServiceAccount> {
  // An empty name would be a bad request.
  const [account] = name === '' ? [] : await collect((page) => readServiceAccounts(api, { name, ...page }), 1);
  if (account) return account;
  const others = (await listServiceAccounts(api, {}).catch(() => [])).map((one) => one.name);
  throw localError(
    'service-account-not-found',
    `There is no service account "${sanitize(name)}", or you do not maintain it.${didYouMean(name, others)} Run \`tokens service-accounts list\` to see yours.`,
  );
}

export function listServiceAccounts(api: Api, { orphaned = false }: { orphaned?: boolean }): Promise<ServiceAccount[]> {
  const filter = orphaned ? { orphaned: 'true' as const } : {};
  return collect((page) => readServiceAccounts(api, { ...filter, ...page }));
}

function readServiceAccounts(
  api: Api,
  query: { name?: string; orphaned?: 'true'; limit?: string; cursor?: string },
): Promise<{ items: ServiceAccount[]; next_cursor: string | null }> {
  return expectBody(api['service-accounts'].$get({ query }), pageShape(serviceAccountShape));
}
