import type { ProblemError } from '../../../shared/problem.ts';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { TextArea } from '../shell/components/text-area.tsx';
import { fieldErrors, listError } from '../shell/form-problem.ts';
import { groupsHint } from './create-service-account-dialog.tsx';
import type { EditAccountForm } from './service-account-form.ts';
import { serviceAccountPath } from './service-account-paths.ts';

interface EditServiceAccountDialogProps {
  account: { id: string; name: string };
  form: EditAccountForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form that changes the description of a service account and, for superusers, its groups. */
export function EditServiceAccountDialog({ account, form, problem }: EditServiceAccountDialogProps) {
  const closeHref = `${serviceAccountPath(account.id)}#edit`;
  return (
    <FormDialog
      title={`Edit ${account.name}`}
      closeHref={closeHref}
      action={`${serviceAccountPath(account.id)}/edit`}
      submit="Save"
      problem={problem}
    >
      <input type="hidden" name="shown_description" value={form.shown.description} />
      <Field
        label="Description (optional)"
        name="description"
        value={form.description}
        error={fieldErrors(problem).description}
        autocomplete="off"
        autofocus={problem === undefined}
      />
      {form.groups === undefined ? (
        <p class="hint">Only an Organization Superuser can change the groups.</p>
      ) : (
        <>
          <TextArea
            label="Groups"
            name="groups"
            value={form.groups}
            error={listError(problem, 'groups')}
            hint={groupsHint}
          />
          <input type="hidden" name="shown_groups" value={form.shown.groups} />
        </>
      )}
    </FormDialog>
  );
}
