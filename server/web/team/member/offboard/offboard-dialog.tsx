import { count } from '../../../../../shared/count.ts';
import type { ProblemError } from '../../../../../shared/problem.ts';
import type { OffboardingPlan } from '../../../../domain/accounts/offboarding/offboarding.ts';
import type { OfferedNames } from '../../../../domain/offered-names.ts';
import type { UserSummary } from '../../../../store/records.ts';
import { FormDialog } from '../../../shell/components/form-dialog.tsx';
import { Mailed } from '../../../shell/mailed.tsx';
import { memberName } from '../../member-labels.ts';
import { memberPath } from '../../team-paths.ts';
import { orphaningText } from '../orphaned-accounts.tsx';
import { type OffboardForm, receivers } from './offboard-form.ts';
import { PlanLists } from './plan-lists.tsx';
import { hasReceiver, IfNobody, IfTransferred, IfUnchosen, TransferFields } from './transfer-fields.tsx';

interface OffboardDialogProps {
  user: UserSummary;
  /** What happens to the tokens if a service account is chosen. */
  plan: OffboardingPlan;
  /** The enabled service accounts. */
  offeredAccounts: OfferedNames;
  form: OffboardForm;
  closeHref: string;
  now: number;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/**
 * The form that offboards a member. The choice between a transfer and a revocation comes first, and the button says what it does. Lists of the
 * tokens follow.
 */
export function OffboardDialog(given: OffboardDialogProps) {
  const { user, plan, form, closeHref, problem } = given;
  const offeredAccounts = receivers(given.offeredAccounts, plan);
  const props = { ...given, offeredAccounts };
  return (
    <FormDialog
      title={`Offboard ${memberName(user)}?`}
      closeHref={closeHref}
      action={`${memberPath(user.id)}/offboard`}
      submit={<Submit {...props} />}
      class="offboard"
      danger
      focusCancel={problem === undefined}
      problem={problem}
    >
      {plan.transferred.length > 0 && (
        <TransferFields
          tokens={plan.transferred.length}
          form={form}
          offeredAccounts={offeredAccounts}
          problem={problem}
        />
      )}
      <p>Use this when someone leaves the organization. It does the following, all at once:</p>
      <Consequences {...props} />
      <p>
        Remove the member at your identity provider as well, if there is one. Otherwise they may be able to join again
        with another address.
      </p>
      <PlanLists user={user} plan={plan} now={props.now} />
    </FormDialog>
  );
}

/** The label of the button. It names what happens to the tokens, and follows the choice without script. */
function Submit({ plan: { transferred, revoked }, ...props }: OffboardDialogProps) {
  const all = transferred.length + revoked.length;
  if (all === 0) return <>Offboard</>;
  const revokeAll = `Offboard and revoke ${count(all, 'token')}`;
  if (transferred.length === 0 || !hasReceiver(props)) return <>{revokeAll}</>;
  return (
    <span class="either">
      <IfUnchosen>Offboard</IfUnchosen>
      <IfNobody>{revokeAll}</IfNobody>
      <IfTransferred>
        Offboard, transfer {transferred.length}
        {revoked.length > 0 && `, revoke ${revoked.length}`}
      </IfTransferred>
    </span>
  );
}

function Consequences({ user, plan, ...props }: OffboardDialogProps) {
  const { transferred, revoked, orphaned } = plan;
  const all = transferred.length + revoked.length;
  return (
    <ul>
      <li>
        Disables the account {user.email}, so that nobody can sign in with it.
        {all > 0 && ' Enabling the account later does not restore revoked tokens.'}
      </li>
      <li>Ends all its sessions.</li>
      {all > 0 && (
        <Mailed>
          <li>Sends an email to {user.email} that lists the tokens.</li>
        </Mailed>
      )}
      {orphaned.length > 0 && <li>{orphaningText(orphaned)}</li>}
      {/* Last, because this item keeps the height of its longest text, and so may end with an empty line. */}
      <li>
        <WhatHappensToTokens {...props} plan={plan} />
      </li>
    </ul>
  );
}

function WhatHappensToTokens({ plan: { transferred, revoked }, ...props }: Omit<OffboardDialogProps, 'user'>) {
  const all = transferred.length + revoked.length;
  if (all === 0) return <>Revokes no tokens, because the account has none.</>;
  const revokesAll = `Permanently revokes ${count(all, 'token')}.`;
  if (transferred.length === 0 || !hasReceiver(props)) return <>{revokesAll}</>;
  return (
    <span class="either">
      <IfUnchosen>
        Transfers or permanently revokes {count(transferred.length, 'token')} in use, as you choose
        {revoked.length > 0 && `, and permanently revokes ${count(revoked.length, 'other')}`}.
      </IfUnchosen>
      <IfNobody>{revokesAll}</IfNobody>
      <IfTransferred>
        Transfers {count(transferred.length, 'token')}
        {revoked.length > 0 && ` and permanently revokes ${count(revoked.length, 'token')}`}.
      </IfTransferred>
    </span>
  );
}
