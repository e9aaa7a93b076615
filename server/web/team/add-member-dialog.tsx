import { limits } from '../../../shared/limits.ts';
import type { ProblemError } from '../../../shared/problem.ts';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import { usePage } from '../shell/page-context.ts';
import type { AddMemberForm } from './add-member-form.ts';
import { permissionLabel } from './member-labels.ts';
import { teamPath } from './team-paths.ts';

interface AddMemberDialogProps {
  closeHref: string;
  form: AddMemberForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form for a new member: empty, or with the values of a rejected form. */
export function AddMemberDialog({ closeHref, form, problem }: AddMemberDialogProps) {
  const errors = fieldErrors(problem);
  const { sendsMail, hasSso } = usePage();
  const unmailed = hasSso ? 'the address at which the member signs in' : 'a link to pass on to the member';
  return (
    <FormDialog
      title="Add a member"
      closeHref={closeHref}
      action={teamPath}
      submit="Add member"
      problem={problem}
      unchanged="The member was not added."
    >
      <Field
        label="Email address"
        name="email"
        type="email"
        value={form.email}
        error={errors.email}
        autocomplete="off"
        required
        autofocus={problem === undefined}
      />
      <Field label="Name (optional)" name="name" value={form.name} error={errors.name} autocomplete="off" />
      <Field
        label="Initial password (optional)"
        name="password"
        type="password"
        error={errors.password}
        hint={`At least ${limits.minPasswordCharacters} characters. A member without a password ${hasSso ? 'uses single sign-on' : 'sets one with the link of the invitation'}.`}
        autocomplete="new-password"
      />
      <Choice name="invite" checked={form.invite}>
        {sendsMail
          ? 'Invite the member by email, unless you set a password'
          : `Show me ${unmailed}, because no mail server is configured, unless you set a password`}
      </Choice>
      <Choice name="can_manage_tokens" checked={form.canManageTokens}>
        {permissionLabel}
      </Choice>
      <Choice name="superuser" checked={form.superuser}>
        Organization Superuser: manages members, permissions, and all tokens
      </Choice>
      <Choice name="auditor" checked={form.auditor}>
        Auditor: reads members, all tokens, apps, OAuth clients, service accounts, trusts, webhooks, reports, and audit
        events, and changes nothing
      </Choice>
    </FormDialog>
  );
}

function Choice({ name, checked, children }: { name: string; checked: boolean; children: string }) {
  return (
    <label class="inline">
      <input type="checkbox" name={name} value="yes" checked={checked} />
      <span>{children}</span>
    </label>
  );
}
