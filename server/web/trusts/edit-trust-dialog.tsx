import type { ProblemError } from '../../../shared/problem.ts';
import type { OfferedNames } from '../../domain/offered-names.ts';
import { ServiceAccountField } from '../service-accounts/service-account-field.tsx';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { TextArea } from '../shell/components/text-area.tsx';
import { ShownRules } from '../tokens/rules/rule-fields.tsx';
import type { EditTrustForm } from './edit-trust-form.ts';
import { claimsHint, inputsOf } from './trust-fields.ts';
import { TrustLimitFields } from './trust-limits.tsx';
import { trustPath } from './trust-paths.ts';

interface EditTrustDialogProps {
  trust: { id: string; name: string };
  form: EditTrustForm;
  offeredAccounts: OfferedNames;
  offeredApps: OfferedNames;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form that changes a trust. */
export function EditTrustDialog({ trust, form, offeredAccounts, offeredApps, problem }: EditTrustDialogProps) {
  const { fields, shown, rules, shownRules } = form;
  const input = inputsOf({ ...fields }, problem);
  return (
    <FormDialog
      title={`Edit ${trust.name}`}
      closeHref={`${trustPath(trust.id)}#edit`}
      action={`${trustPath(trust.id)}/edit`}
      submit="Save"
      problem={problem}
    >
      {Object.entries(shown).map(([name, value]) => (
        <input type="hidden" name={`shown_${name}`} value={value} />
      ))}
      <ShownRules rules={shownRules} />
      <Field
        label="Issuer"
        {...input('issuer')}
        hint="Exactly as the identity tokens name it."
        required
        autofocus={problem === undefined}
      />
      <TextArea label="Claims" {...input('claims')} hint={claimsHint} />
      <ServiceAccountField
        label="Service account"
        {...input('service_account')}
        offered={offeredAccounts}
        empty="Choose one"
        none="There is no enabled service account."
        hint="It owns the tokens that jobs receive. If you choose another one, the tokens that jobs have now are revoked."
        required
      />
      <TrustLimitFields
        fields={{ ...fields, ...rules }}
        readOnly={rules.readOnly}
        offeredApps={offeredApps}
        problem={problem}
      />
    </FormDialog>
  );
}
