import type { ProblemError } from '../../../shared/problem.ts';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { TextArea } from '../shell/components/text-area.tsx';
import { fieldErrors, listError } from '../shell/form-problem.ts';
import { usePage } from '../shell/page-context.ts';
import type { NewAccountForm } from './service-account-form.ts';
import { serviceAccountsPath } from './service-account-paths.ts';

interface CreateServiceAccountDialogProps {
  closeHref: string;
  form: NewAccountForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form for a new service account. */
export function CreateServiceAccountDialog({ closeHref, form, problem }: CreateServiceAccountDialogProps) {
  const errors = fieldErrors(problem);
  return (
    <FormDialog
      title="Create a service account"
      closeHref={closeHref}
      action={serviceAccountsPath}
      submit="Create service account"
      problem={problem}
      unchanged="Nothing was created."
    >
      <Field
        label="Name"
        name="name"
        value={form.name}
        error={errors.name}
        hint="Lowercase letters, digits and hyphens, such as ci. You cannot change it later."
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
      <TextArea
        label="Maintainers"
        name="maintainers"
        value={form.maintainers}
        error={listError(problem, 'maintainers')}
        hint={`Email addresses of members, one a line. They manage its tokens${usePage().sendsMail ? ' and get the mails about them' : ''}.`}
      />
      <TextArea
        label="Groups (optional)"
        name="groups"
        value={form.groups}
        error={listError(problem, 'groups')}
        hint={groupsHint}
      />
    </FormDialog>
  );
}

export const groupsHint = 'One a line. Groups decide which apps its tokens may use.';
