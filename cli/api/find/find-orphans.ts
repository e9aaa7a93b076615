import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import { hasCode } from '../../errors.ts';
import type { Api } from '../client.ts';
import { listServiceAccounts } from './find-service-account.ts';

/**
 * Returns the names of service accounts that a member maintains and that have no enabled maintainer, and `receiver` if it has none.
 * Returns none if the caller is a management key that may not read service accounts.
 */
export async function orphansOf(api: Api, email: string, receiver?: string): Promise<string[]> {
  const accounts = await listReadable(api, { orphaned: true });
  return accounts
    .filter(({ name, maintainers }) => maintainers.includes(email) || name === receiver)
    .map(({ name }) => name);
}

/** Returns the names of all service accounts that have no enabled maintainer. None if the caller may not read service accounts. */
export async function allOrphans(api: Api): Promise<string[]> {
  return (await listReadable(api, { orphaned: true })).map(({ name }) => name);
}

/**
 * Returns the names of service accounts whose only enabled maintainer is this member, and `receiver` if no other enabled member maintains it.
 * None if the caller may not read service accounts.
 */
export async function onlyMaintainedBy(api: Api, email: string, receiver?: string): Promise<string[]> {
  const accounts = await listReadable(api, {});
  const isListed = ({ name, maintainers, disabled_maintainers: disabled = [] }: ServiceAccount) => {
    const enabled = maintainers.filter((one) => !disabled.includes(one));
    return enabled.every((one) => one === email) && (enabled.length === 1 || name === receiver);
  };
  return accounts.filter(isListed).map(({ name }) => name);
}

function listReadable(api: Api, filter: { orphaned?: boolean }): Promise<ServiceAccount[]> {
  return listServiceAccounts(api, filter).catch((error: unknown) => {
    if (hasCode(error, 'scope-missing')) return [];
    throw error;
  });
}
