import type { ProblemError } from '../../../shared/problem.ts';
import { Alert, Field, FormToken } from '../shell/components/form.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import { useMember } from '../shell/page-context.ts';

interface RejectedProps {
  /** Why the form was rejected, and what it said. */
  rejected: { problem: ProblemError; value: string } | undefined;
}

function Rejection({ problem }: { problem: ProblemError }) {
  return <Alert>{problem.errors ? 'Nothing was changed. Correct the fields below.' : problem.message}</Alert>;
}

/** The form that changes the member's own name. */
export function NameForm({ rejected }: RejectedProps) {
  const member = useMember();
  return (
    <form method="post" action="/profile/name" class="card narrow" aria-label="Name">
      {rejected && <Rejection problem={rejected.problem} />}
      <FormToken />
      <Field
        label="Name"
        name="name"
        value={rejected?.value ?? member.name}
        error={fieldErrors(rejected?.problem).name}
        hint={member.sso ? 'Your identity provider may replace it at the next sign-in.' : undefined}
        autocomplete="name"
      />
      <div class="actions">
        <button type="submit">Save name</button>
      </div>
    </form>
  );
}

/** The form that asks for another email address. It changes only when the link is opened that is mailed there. */
export function EmailForm({ rejected }: RejectedProps) {
  const errors = fieldErrors(rejected?.problem);
  return (
    <form method="post" action="/profile/email" class="card narrow" aria-label="Email address">
      {rejected && <Rejection problem={rejected.problem} />}
      <FormToken />
      <Field
        label="New email address"
        name="email"
        type="email"
        value={rejected?.value}
        error={errors.email}
        hint="You get a link there. Your address changes when you open it, within 24 hours and before you sign out."
        autocomplete="off"
        required
      />
      <Field
        label="Your password"
        name="password"
        type="password"
        error={errors.password}
        autocomplete="current-password"
        required
      />
      <div class="actions">
        <button type="submit">Change email address</button>
      </div>
    </form>
  );
}
