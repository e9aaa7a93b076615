import type { PropsWithChildren } from 'hono/jsx';
import { count } from '../../../../../shared/count.ts';
import type { ProblemError } from '../../../../../shared/problem.ts';
import type { OfferedNames } from '../../../../domain/offered-names.ts';
import { ServiceAccountField } from '../../../service-accounts/service-account-field.tsx';
import { Field } from '../../../shell/components/form.tsx';
import { fieldErrors } from '../../../shell/form-problem.ts';
import { usePage } from '../../../shell/page-context.ts';
import { nobody, type OffboardForm } from './offboard-form.ts';

interface TransferFieldsProps {
  /** How many tokens a service account can receive. */
  tokens: number;
  form: OffboardForm;
  offeredAccounts: OfferedNames;
  problem: ProblemError | undefined;
}

/** The choice of the service account that receives the tokens in use. */
export function TransferFields({ tokens, form, offeredAccounts, problem }: TransferFieldsProps) {
  const errors = fieldErrors(problem);
  const { sendsMail } = usePage();
  return (
    <>
      <ServiceAccountField
        label={`Transfer ${count(tokens, 'token')} in use to`}
        name="transfer_to"
        empty="Choose…"
        nobody={{ value: nobody, label: 'Nobody: revoke all tokens' }}
        value={form.transferTo}
        offered={offeredAccounts}
        none="No service account can receive the tokens in use, so they are revoked, too."
        hint={`With a service account, builds and other programs keep working. ${sendsMail ? 'Its maintainers get a mail that asks them to rotate the tokens.' : 'Ask its maintainers to rotate the tokens.'}`}
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

/** Reports whether the form can name a service account. */
export function hasReceiver({ offeredAccounts, form }: Pick<TransferFieldsProps, 'offeredAccounts' | 'form'>): boolean {
  return offeredAccounts.names.length > 0 || form.transferTo !== '';
}

/** What the style sheet shows while no service account is chosen. */
export function IfNobody({ children }: PropsWithChildren) {
  return <span class="if-nobody">{children}</span>;
}

/** What the style sheet shows while a service account is chosen. */
export function IfTransferred({ children }: PropsWithChildren) {
  return <span class="if-transferred">{children}</span>;
}
