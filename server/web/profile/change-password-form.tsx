import { limits } from '../../../shared/limits.ts';
import type { ProblemError } from '../../../shared/problem.ts';
import { Alert, Field, FormToken } from '../shell/components/form.tsx';
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
      {/* Tells password managers which account the new password belongs to. */}
      <input type="email" name="username" value={useMember().email} autocomplete="username" hidden readonly />
      <Field
        label="Current password"
        name="current"
        type="password"
        error={errors.current}
        autocomplete="current-password"
        required
      />
      <Field
        label="New password"
        name="new"
        type="password"
        error={errors.new}
        hint={`Use at least ${limits.minPasswordCharacters} characters. Very common passwords are rejected.`}
        autocomplete="new-password"
        required
      />
      <Field
        label="Confirm new password"
        name="again"
        type="password"
        error={errors.again}
        autocomplete="new-password"
        required
      />
      <p class="hint">Changing your password signs you out everywhere else.</p>
      <div class="actions">
        <button type="submit" class="primary">
          Change password
        </button>
      </div>
    </form>
  );
}
