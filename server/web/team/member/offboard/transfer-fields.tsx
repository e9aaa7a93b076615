import type { PropsWithChildren } from 'hono/jsx';
import { count } from '../../../../../shared/count.ts';
import type { ProblemError } from '../../../../../shared/problem.ts';
import type { OfferedNames } from '../../../../domain/offered-names.ts';
import { isLongList, ServiceAccountField } from '../../../service-accounts/service-account-field.tsx';
import { Field } from '../../../shell/components/form.tsx';
import { OfferedNamesField } from '../../../shell/components/offered-names-field.tsx';
import { fieldErrors } from '../../../shell/form-problem.ts';
import { usePage } from '../../../shell/page-context.ts';
import { nobody, type OffboardForm, receiverByName, receiverChoice } from './offboard-form.ts';

interface TransferFieldsProps {
  /** How many tokens a service account can receive. */
  tokens: number;
  form: OffboardForm;
  offeredAccounts: OfferedNames;
  problem: ProblemError | undefined;
}

/** The choice of the service account that receives the tokens in use. */
export function TransferFields({ tokens, form, offeredAccounts, problem }: TransferFieldsProps) {
  const { transfer_to: error, ...errors } = fieldErrors(problem);
  const { sendsMail } = usePage();
  const label = `Transfer ${count(tokens, 'token')} in use to`;
  const hint = `In use: active or paused, and used in the last 30 days. With a service account, builds and other programs keep working. ${sendsMail ? 'Its maintainers get a mail that asks them to rotate the tokens.' : 'Ask its maintainers to rotate the tokens.'}`;
  return (
    <>
      {isLongList(offeredAccounts) ? (
        <ReceiverByName {...{ label, hint, form, offeredAccounts, error }} />
      ) : (
        <ServiceAccountField
          label={label}
          name="transfer_to"
          empty="Choose…"
          nobody={{ value: nobody, label: revokeAll }}
          value={form.transferTo ?? ''}
          offered={offeredAccounts}
          none="No service account can receive the tokens in use, so they are revoked, too."
          hint={hint}
          error={error}
        />
      )}
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

const revokeAll = 'Nobody: revoke all tokens';

interface ReceiverByNameProps extends Pick<TransferFieldsProps, 'form' | 'offeredAccounts'> {
  label: string;
  hint: string;
  error: string | undefined;
}

/** The same choice among many service accounts: the superuser types the name. The style sheet shows its input after the first choice. */
function ReceiverByName({ label, hint, form, offeredAccounts, error }: ReceiverByNameProps) {
  const { transferTo } = form;
  const isNamed = form.byName || (transferTo !== '' && transferTo !== nobody);
  return (
    <fieldset class="receiver">
      <legend>{label}</legend>
      <Choice value={receiverByName} checked={isNamed}>
        A service account
      </Choice>
      <OfferedNamesField
        label="Name of the service account"
        name="transfer_to"
        value={isNamed ? (transferTo ?? '') : ''}
        offered={offeredAccounts}
        what="service accounts"
        command="tokens service-accounts list"
        hint={hint}
        error={isNamed ? error : undefined}
      />
      <Choice value={nobody} checked={transferTo === nobody}>
        {revokeAll}
      </Choice>
      {error && !isNamed && <p class="error">{error}</p>}
    </fieldset>
  );
}

function Choice({ value, checked, children }: PropsWithChildren<{ value: string; checked: boolean }>) {
  return (
    <label class="inline">
      <input
        type="radio"
        id={`${receiverChoice}-${value}`}
        name={receiverChoice}
        value={value}
        checked={checked}
        required
      />
      <span>{children}</span>
    </label>
  );
}

/** Reports whether the form can name a service account. */
export function hasReceiver({ offeredAccounts, form }: Pick<TransferFieldsProps, 'offeredAccounts' | 'form'>): boolean {
  return offeredAccounts.names.length > 0 || (form.transferTo ?? '') !== '';
}

/** Text that the style sheet shows until the member chooses. */
export function IfUnchosen({ children }: PropsWithChildren) {
  return <span class="if-unchosen">{children}</span>;
}

/** Text that the style sheet shows while the member chooses to revoke all tokens. */
export function IfNobody({ children }: PropsWithChildren) {
  return <span class="if-nobody">{children}</span>;
}

/** Text that the style sheet shows while the member chooses a service account. */
export function IfTransferred({ children }: PropsWithChildren) {
  return <span class="if-transferred">{children}</span>;
}
