import type { ProblemError } from '../../../../shared/problem.ts';
import { Field } from '../../shell/components/form.tsx';
import { FormDialog } from '../../shell/components/form-dialog.tsx';
import { fieldErrors, listError } from '../../shell/form-problem.ts';
import type { ExpiryChoices } from '../../tokens/expiry-choices.ts';
import { ExpiryField } from '../../tokens/fields/expiry-field.tsx';
import { NetworksField } from '../../tokens/rules/rule-fields.tsx';
import { ScopeFields } from '../../tokens/rules/scope-fields.tsx';
import { serviceAccountPath } from '../service-account-paths.ts';
import type { KeyForm } from './key-form.ts';

interface CreateKeyDialogProps {
  account: { id: string; name: string };
  closeHref: string;
  form: KeyForm;
  choices: ExpiryChoices;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form for a new management key of a service account. */
export function CreateKeyDialog({ account, closeHref, form, choices, problem }: CreateKeyDialogProps) {
  const errors = fieldErrors(problem);
  return (
    <FormDialog
      title={`Create a management key for ${account.name}`}
      closeHref={closeHref}
      action={`${serviceAccountPath(account.id)}/keys`}
      submit="Create management key"
      problem={problem}
      unchanged="No key was created."
    >
      <input type="hidden" name="key" value={form.key} />
      <p>
        A program with a management key manages your organization without a person. All Organization Superusers get a
        mail about a new one.
      </p>
      <Field
        label="Name"
        name="name"
        value={form.name}
        error={errors.name}
        hint={`What uses the key, for example terraform. Each token of ${account.name} needs a different name.`}
        autocomplete="off"
        required
        autofocus={problem === undefined}
      />
      <Field
        label="Description (optional)"
        name="description"
        value={form.description}
        error={errors.description}
        autocomplete="off"
      />
      <ScopeFields chosen={form.manage} error={listError(problem, 'manage')} />
      <ExpiryField form={form} choices={choices} error={errors.expires_in ?? errors.expires_at} />
      <NetworksField value={form.networks} error={listError(problem, 'networks')} />
      <label class="inline">
        <input type="checkbox" name="self_rotate" value="true" checked={form.selfRotate} />
        Allow the key to rotate itself
      </label>
    </FormDialog>
  );
}
