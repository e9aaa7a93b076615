import { limits } from '../../../shared/limits.ts';
import type { ProblemError } from '../../../shared/problem.ts';
import type { AppContext } from '../../http/context.ts';
import { fieldErrors } from '../shell/form-problem.ts';
import { Alert, Dialog, Field, FormToken } from '../shell/parts.tsx';
import type { AddMemberForm } from './add-member-form.ts';
import { teamPath } from './member-labels.ts';
import { permission } from './permission-switch.tsx';

interface AddMemberProps {
  c: AppContext;
  closeHref: string;
  form: AddMemberForm;
  refused?: ProblemError | undefined;
}

/** The form for a new member, empty or as it was refused. */
export function AddMemberDialog({ c, closeHref, form, refused }: AddMemberProps) {
  const errors = fieldErrors(refused);
  return (
    <Dialog title="Add a member" closeHref={closeHref}>
      {refused && <Alert>{refused.errors ? 'Nobody was added. Correct what is marked below.' : refused.message}</Alert>}
      <form method="post" action={teamPath}>
        <FormToken c={c} />
        <Field
          label="E-mail address"
          name="email"
          type="email"
          value={form.email}
          error={errors.email}
          autocomplete="off"
          required
          autofocus={refused === undefined}
        />
        <Field label="Name (optional)" name="name" value={form.name} error={errors.name} autocomplete="off" />
        <Field
          label="Initial password (optional)"
          name="password"
          type="password"
          error={errors.password}
          hint={`At least ${limits.passwordMinimum} characters. Without one, the member signs in by single sign-on, or asks for a link at “Forgot your password?”.`}
          autocomplete="new-password"
        />
        <Choice name="can_manage_tokens" checked={form.canManageTokens}>
          {permission}
        </Choice>
        <Choice name="superuser" checked={form.superuser}>
          Organization Superuser: manages members, permissions and everybody's tokens
        </Choice>
        <div class="actions">
          <a class="button" href={closeHref}>
            Cancel
          </a>
          <button type="submit" class="primary">
            Add member
          </button>
        </div>
      </form>
    </Dialog>
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
