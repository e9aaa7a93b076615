import type { EditServiceAccountBody, ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import { findServiceAccount } from '../../api/find/find-service-account.ts';
import { expectBody } from '../../api/responses.ts';
import { serviceAccountShape } from '../../api/service-account-shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { attemptAll } from '../attempt-all.ts';
import { warnOfUnmaintained } from '../users/leaving/warn-of-orphans.ts';

/** Applies one change to each service account and prints `OUTCOME NAME.`. Continues after a failure, like `attemptAll`. */
export async function changeServiceAccounts(
  ctx: Context,
  names: readonly string[],
  json: EditServiceAccountBody,
  outcome: string,
  options: GlobalOptions,
): Promise<void> {
  const { api } = await connect(ctx, options);
  await attemptAll(names, async (name) => {
    const { id } = await findServiceAccount(api, name);
    const request = api['service-accounts'][':id'].$patch({ param: { id }, json });
    const account = await expectBody(request, serviceAccountShape);
    await printOutcome(ctx, options, account, `${outcome} ${sanitize(account.name)}.`);
    if (json.remove_maintainers && isUnmaintained(account)) await warnOfUnmaintained(ctx, options, [account.name]);
  });
}

/** Whether no enabled member maintains the account. An older server does not say which maintainers are disabled. */
function isUnmaintained({ maintainers, disabled_maintainers: disabled = [] }: ServiceAccount): boolean {
  return maintainers.every((email) => disabled.includes(email));
}
