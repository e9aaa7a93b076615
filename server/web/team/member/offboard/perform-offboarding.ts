import { ProblemError } from '../../../../../shared/problem.ts';
import type { Caller } from '../../../../domain/caller.ts';
import type { AppDeps } from '../../../../http/context.ts';
import type { UserSummary } from '../../../../store/records.ts';
import { invalidReceiver, type OffboardForm, offboardBody } from './offboard-form.ts';

interface PerformedOffboarding {
  user: UserSummary;
  /** The service account that received tokens, or null if none did. */
  receiver: { name: string; orphaned: boolean } | null;
}

/**
 * Does what the form asks for. Refuses a receiver that the same offboarding leaves without an enabled maintainer, which a list of service
 * accounts would not offer either: nobody could rotate the tokens whose values the leaver knows.
 * @throws ProblemError `invalid-fields` about the receiver, and the problems of `offboard`
 */
export async function performOffboarding(
  { offboarding, serviceAccounts, users }: Pick<AppDeps, 'offboarding' | 'serviceAccounts' | 'users'>,
  caller: Caller,
  userId: string,
  form: OffboardForm,
): Promise<PerformedOffboarding> {
  const body = offboardBody(form);
  const name = body.transfer_to;
  const losing = name === undefined ? [] : await serviceAccounts.onlyMaintainedBy(caller, userId);
  if (losing.some((account) => account.name === name)) {
    throw invalidReceiver(`Nobody else maintains ${name}. Add a maintainer to it first, or choose another.`);
  }
  const { transferred } = await offboarding.offboard(caller, userId, body).catch(rethrowBesideField);
  const user = await users.get(caller, userId);
  if (transferred === 0 || name === undefined) return { user, receiver: null };
  const [account] = await serviceAccounts.list(caller, { limit: 1, before: null, name });
  return { user, receiver: { name, orphaned: account?.orphaned ?? false } };
}

/** Shows problems with the service account beside its field. */
function rethrowBesideField(error: unknown): never {
  const isAboutReceiver =
    error instanceof ProblemError &&
    (error.code === 'service-account-not-found' || error.code === 'service-account-disabled');
  throw isAboutReceiver ? invalidReceiver(error.message) : error;
}
