import type { PropsWithChildren } from 'hono/jsx';
import { count } from '../../../../../shared/count.ts';
import { limits } from '../../../../../shared/limits.ts';
import type { ProblemError } from '../../../../../shared/problem.ts';
import type { OffboardingPlan } from '../../../../domain/accounts/offboarding/offboarding.ts';
import type { OfferedNames } from '../../../../domain/offered-names.ts';
import { isPaused } from '../../../../domain/tokens/status.ts';
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

/** A longer list is closed, so that the buttons stay near. */
const maxOpen = 5;

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
  const { transferred, revoked } = plan;
  return (
    <FormDialog
      title={`Offboard ${memberName(user)}?`}
      closeHref={closeHref}
      action={`${memberPath(user.id)}/offboard`}
      submit={submitOf(props)}
      danger
      focusCancel={problem === undefined}
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
      <Plan {...props} />
      {transferred.length > 0 && <TransferFields form={form} offeredAccounts={offeredAccounts} problem={problem} />}
    </FormDialog>
  );
}

/** Returns the label of the button. It names the number of tokens, unless that depends on a field. */
function submitOf({ plan: { transferred, revoked }, ...props }: OffboardDialogProps): string {
  if (transferred.length + revoked.length === 0) return 'Offboard';
  if (transferred.length > 0 && hasReceiver(props)) return 'Offboard and revoke tokens';
  return `Offboard and revoke ${count(transferred.length + revoked.length, 'token')}`;
}

/** The lists of the tokens, before the fields that decide about them. */
function Plan({ plan: { transferred, revoked, known }, ...props }: OffboardDialogProps) {
  return (
    <>
      <TokenNames heading="Transferred to the service account, if you name one" tokens={transferred} {...props}>
        <PausedNote paused={transferred.filter((token) => isPaused(token, props.now)).length} />
      </TokenNames>
      <TokenNames heading="Revoked" tokens={revoked} {...props} />
      <KnownTokens {...props} tokens={known} />
    </>
  );
}

/**
 * A paused token may have leaked, so the superuser should think before they transfer it. The tokens that are not transferred are
 * revoked in any case.
 */
function PausedNote({ paused }: { paused: number }) {
  if (paused === 0) return null;
  return (
    <p class="note warning">
      {paused === 1 ? '1 of these is paused, and stays paused.' : `${paused} of these are paused, and stay paused.`} If
      its value may have leaked, revoke a token before you offboard the member, so that nobody receives it.
    </p>
  );
}

function hasReceiver({ offeredAccounts, form }: Pick<OffboardDialogProps, 'offeredAccounts' | 'form'>): boolean {
  return offeredAccounts.names.length > 0 || form.transferTo !== '';
}

type TransferFieldsProps = Pick<OffboardDialogProps, 'form' | 'offeredAccounts' | 'problem'>;

function TransferFields({ form, offeredAccounts, problem }: TransferFieldsProps) {
  const errors = fieldErrors(problem);
  return (
    <>
      <ServiceAccountField
        label="Transfer the tokens in use to"
        name="transfer_to"
        empty="Nobody: revoke all tokens"
        value={form.transferTo}
        offered={offeredAccounts}
        none="No service account can receive the tokens in use, so they are revoked, too."
        hint="With a service account, builds and other programs go on with the tokens that were used in the last 30 days, and the maintainers of the service account are told to rotate them."
        error={errors.transfer_to}
      />
      {hasReceiver({ offeredAccounts, form }) && (
        <Field
          label="Transferred tokens work for"
          name="grace"
          value={form.grace}
          error={errors.grace}
          hint="A duration such as 30d or 12h, for tokens that nobody rotates. The member knows their values."
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

function TokenNames({ heading, tokens, now, children }: PropsWithChildren<TokenNamesProps>) {
  if (tokens.length === 0) return null;
  return (
    <details open={tokens.length <= maxOpen}>
      <summary>
        {heading} ({tokens.length})
      </summary>
      {children}
      <ul>
        {tokens.map((token) => (
          <li>
            {token.name}{' '}
            <span class="sub">
              {token.prefix}, {lastUseOf(token, now)}
              {isPaused(token, now) && `, paused${token.pausedReason ? `: ${token.pausedReason}` : ''}`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Names the tokens whose values the member knows and which the offboarding does not change. */
function KnownTokens({ user, tokens }: Pick<OffboardDialogProps, 'user'> & { tokens: readonly TokenRecord[] }) {
  if (tokens.length === 0) return null;
  const isBounded = tokens.length >= limits.maxKnownTokens;
  return (
    <details open={tokens.length <= maxOpen}>
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
