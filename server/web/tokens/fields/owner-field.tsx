import type { Members } from '../../../domain/accounts/members.ts';
import type { ServiceAccounts } from '../../../domain/accounts/service-accounts/service-accounts.ts';
import type { Caller } from '../../../domain/caller.ts';
import type { OfferedNames } from '../../../domain/offered-names.ts';
import { ServiceAccountChoice } from '../../service-accounts/service-account-field.tsx';

const maxOffered = 100;
const maxCreators = 3;

/** The service accounts that may own a new token. */
export interface OfferedOwners extends OfferedNames {
  /** Email addresses of some superusers, who create service accounts. Empty if the member can choose one, or is a superuser. */
  creators: readonly string[];
}

/** Returns the names of the service accounts for which a member may create tokens. Without any, returns the superusers whom the member can ask to create one. */
export async function offerOwners(
  {
    serviceAccounts,
    users,
  }: { serviceAccounts: Pick<ServiceAccounts, 'offer' | 'list'>; users: Pick<Members, 'superusers'> },
  caller: Caller,
): Promise<OfferedOwners> {
  const offered = await namesOf(serviceAccounts, caller);
  const isForOthers = offered.names.length > 0 || caller.user.superuser;
  return { ...offered, creators: isForOthers ? [] : (await users.superusers()).slice(0, maxCreators) };
}

async function namesOf(
  serviceAccounts: Pick<ServiceAccounts, 'offer' | 'list'>,
  caller: Caller,
): Promise<OfferedNames> {
  if (caller.user.superuser) return serviceAccounts.offer(caller);
  const listed = await serviceAccounts.list(caller, { limit: maxOffered + 1, before: null });
  const names = listed
    .filter(({ disabled, maintainers }) => !disabled && maintainers.includes(caller.user.email))
    .map(({ name }) => name);
  return { names: names.slice(0, maxOffered).sort(), more: listed.length > maxOffered };
}

interface OwnerFieldProps {
  /** The name of the service account. Empty: the member owns the token. */
  value: string;
  offered: OfferedNames;
  error: string | undefined;
}

/** The choice between the member and a service account as the owner of a new token. */
export function OwnerField({ value, offered, error }: OwnerFieldProps) {
  return (
    <ServiceAccountChoice
      label="Owner"
      name="service_account"
      value={value}
      offered={offered}
      empty="Me"
      hint="Your own token stops working when your account is disabled. For a pipeline or a server, choose a service account. A CI job needs no stored token if a superuser sets up a trust."
      error={error}
    />
  );
}
