import type { ProblemError } from '../../../shared/problem.ts';
import { Alert, Field, FormToken } from '../shell/components/form.tsx';
import { AccountField, NewPasswordFields } from '../shell/components/password-fields.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import { useMember } from '../shell/page-context.ts';

/** The form that changes the member's password. Rejected values are never shown again. */
export function ChangePasswordForm({ problem }: { problem: ProblemError | undefined }) {
  const errors = fieldErrors(problem);
  return (
    <form method="post" action="/profile/password" class="card narrow">
      {problem && (
        <Alert>{problem.errors ? 'The password was not changed. Correct the fields below.' : problem.message}</Alert>
      )}
      <FormToken />
      <AccountField email={useMember().email} />
      <Field
        label="Current password"
        name="current"
        type="password"
        error={errors.current}
        autocomplete="current-password"
        required
      />
      <NewPasswordFields name="new" errors={errors} />
      <p class="hint">Changing your password signs you out everywhere else.</p>
      <div class="actions">
        <button type="submit" class="primary">
          Change password
        </button>
      </div>
    </form>
  );
}
