import { hasCode } from '../../errors.ts';
import type { Api } from '../client.ts';
import { listServiceAccounts } from './find-service-account.ts';

/**
 * Returns the names of service accounts that a member maintains and that have no enabled maintainer. None if the caller is a management key that may
 * not read service accounts.
 */
export async function orphansOf(api: Api, email: string): Promise<string[]> {
  const accounts = await listServiceAccounts(api, { orphaned: true }).catch((error: unknown) => {
    if (hasCode(error, 'scope-missing')) return [];
    throw error;
  });
  return accounts.filter(({ maintainers }) => maintainers.includes(email)).map(({ name }) => name);
}
