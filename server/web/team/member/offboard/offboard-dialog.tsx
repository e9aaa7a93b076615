import { count } from '../../../../../shared/count.ts';
import { limits } from '../../../../../shared/limits.ts';
import type { ProblemError } from '../../../../../shared/problem.ts';
import type { OffboardingPlan } from '../../../../domain/accounts/offboarding/offboarding.ts';
import type { OfferedNames } from '../../../../domain/offered-names.ts';
import type { TokenRecord, UserSummary } from '../../../../store/records.ts';
import { ServiceAccountField } from '../../../service-accounts/service-account-field.tsx';
import { Field } from '../../../shell/components/form.tsx';
import { FormDialog } from '../../../shell/components/form-dialog.tsx';
import { Time } from '../../../shell/components/time.tsx';
import { fieldErrors } from '../../../shell/form-problem.ts';
import { Mailed } from '../../../shell/mailed.tsx';
import { memberName } from '../../member-labels.ts';
import { memberPath } from '../../team-paths.ts';
import type { OffboardForm } from './offboard-form.ts';

interface OffboardDialogProps {
  user: UserSummary;
  /** What happens to the tokens if a service account is chosen. */
  plan: OffboardingPlan;
  /** The service accounts that can receive tokens. */
  offeredAccounts: OfferedNames;
  form: OffboardForm;
  closeHref: string;
  now: number;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form that offboards a member. Shows which tokens a service account can receive, and which are revoked in any case. */
export function OffboardDialog(props: OffboardDialogProps) {
  const { user, plan, offeredAccounts, form, closeHref, problem } = props;
  const { transferred, revoked, known } = plan;
  return (
    <FormDialog
      title={`Offboard ${memberName(user)}?`}
      closeHref={closeHref}
      action={`${memberPath(user.id)}/offboard`}
      submit="Offboard"
      danger
      focusCancel={transferred.length === 0}
      problem={problem}
    >
      <p>Use this when someone leaves the organization. It does the following, all at once:</p>
      <ul>
        <li>Disables the account {user.email}, so that nobody can sign in with it.</li>
        <li>Ends all its sessions.</li>
        {transferred.length + revoked.length === 0 ? (
          <li>Revokes no tokens, because the account has none.</li>
        ) : (
          <>
            <li>
              Permanently revokes {count(transferred.length + revoked.length, 'token')}
              {transferred.length > 0 && ', except those that a service account receives'}. Enabling the account later
              does not restore them.
            </li>
            <Mailed>
              <li>Sends an email to {user.email} that lists the tokens.</li>
            </Mailed>
          </>
        )}
      </ul>
      {transferred.length > 0 && (
        <TransferFields
          form={form}
          offeredAccounts={offeredAccounts}
          problem={problem}
          autofocus={problem === undefined}
        />
      )}
      <TokenNames heading="Transferred to the service account, if you name one" tokens={transferred} {...props} />
      <TokenNames heading="Revoked" tokens={revoked} {...props} />
      <KnownTokens {...props} tokens={known} />
    </FormDialog>
  );
}

interface TransferFieldsProps extends Pick<OffboardDialogProps, 'form' | 'offeredAccounts' | 'problem'> {
  autofocus: boolean;
}

function TransferFields({ form, offeredAccounts, problem, autofocus }: TransferFieldsProps) {
  const errors = fieldErrors(problem);
  const hasReceiver = offeredAccounts.names.length > 0 || form.transferTo !== '';
  return (
    <>
      <ServiceAccountField
        label="Service account that receives the tokens in use (optional)"
        name="transfer_to"
        value={form.transferTo}
        offered={offeredAccounts}
        none="No service account can receive the tokens in use, so they are revoked, too."
        hint="Leave it empty to revoke all tokens. Otherwise, builds and other programs go on with the tokens that were used in the last 30 days, and the maintainers of the service account are told to rotate them."
        error={errors.transfer_to}
        autofocus={autofocus}
      />
      {hasReceiver && (
        <Field
          label="Grace"
          name="grace"
          value={form.grace}
          error={errors.grace}
          hint="How long the transferred tokens work unless they are rotated, such as 30d or 12h. The member knows their values."
          autocomplete="off"
        />
      )}
    </>
  );
}

interface TokenNamesProps extends Pick<OffboardDialogProps, 'now'> {
  heading: string;
  tokens: readonly TokenRecord[];
}

function TokenNames({ heading, tokens, now }: TokenNamesProps) {
  if (tokens.length === 0) return null;
  return (
    // Closed if it is long, so that the buttons stay near.
    <details open={tokens.length <= 10}>
      <summary>
        {heading} ({tokens.length})
      </summary>
      <ul>
        {tokens.map((token) => (
          <li>
            {token.name}{' '}
            <span class="sub">
              {token.prefix}, {lastUseOf(token, now)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Names what the member knows and the offboarding does not change. */
function KnownTokens({ user, tokens }: Pick<OffboardDialogProps, 'user'> & { tokens: readonly TokenRecord[] }) {
  if (tokens.length === 0) return null;
  const isBounded = tokens.length >= limits.maxKnownTokens;
  return (
    <details open={tokens.length <= 10}>
      <summary>
        Not changed, although {memberName(user)} knows the values ({isBounded && 'at least '}
        {tokens.length})
      </summary>
      <p>
        <Mailed>Those who can rotate them get an email. </Mailed>
        {isBounded && `These are the newest ${tokens.length}. To list all, run: tokens list --known-to ${user.email}`}
      </p>
      <ul>
        {tokens.map(({ id, name, prefix, ownerEmail }) => (
          <li>
            <a href={`/profile/api-tokens/${id}`}>{name}</a>{' '}
            <span class="sub">
              {prefix}, {ownerEmail}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function lastUseOf({ lastUse, previousUsedAt }: TokenRecord, now: number) {
  const at = Math.max(lastUse?.at ?? 0, previousUsedAt ?? 0);
  if (at === 0) return 'never used';
  return (
    <>
      used <Time at={at} now={now} />
    </>
  );
}
