import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import { Alert, Field, FormToken } from '../shell/components/form.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import { useMember, usePage } from '../shell/page-context.ts';

interface RejectedProps {
  /** Why the form was rejected, and what it said. */
  rejected: { problem: ProblemError; value: string } | undefined;
}

interface AccountFormProps extends RejectedProps {
  action: string;
  /** What the form changes, for screen readers. */
  label: string;
  submit: string;
  children?: Child;
}

function AccountForm({ action, label, submit, rejected, children }: AccountFormProps) {
  const problem = rejected?.problem;
  return (
    <form method="post" action={action} class="card narrow" aria-label={label}>
      {problem && <Alert>{problem.errors ? 'Nothing was changed. Correct the fields below.' : problem.message}</Alert>}
      <FormToken />
      {children}
      <div class="actions">
        <button type="submit">{submit}</button>
      </div>
    </form>
  );
}

/** The form that changes the member's own name. */
export function NameForm({ rejected }: RejectedProps) {
  const member = useMember();
  return (
    <AccountForm action="/profile/name" label="Name" submit="Save name" rejected={rejected}>
      <Field
        label="Name"
        name="name"
        value={rejected?.value ?? member.name}
        error={fieldErrors(rejected?.problem).name}
        hint={member.sso ? 'Your identity provider may replace it at the next sign-in.' : undefined}
        autocomplete="name"
      />
    </AccountForm>
  );
}

/** The form that asks for another email address. The address changes only when somebody opens the link that is mailed to it. */
export function EmailForm({ rejected }: RejectedProps) {
  const errors = fieldErrors(rejected?.problem);
  const { sendsMail } = usePage();
  return (
    <AccountForm action="/profile/email" label="Email address" submit="Change email address" rejected={rejected}>
      <Field
        label="New email address"
        name="email"
        type="email"
        value={rejected?.value}
        error={errors.email}
        hint={
          sendsMail
            ? 'You get a link there. Your address changes when you open it, within 24 hours and before you sign out.'
            : 'No mail server is set up yet, so no mail is sent. The link that changes your address is in a mail: ask the operator of this server for it, and open it within 24 hours and before you sign out.'
        }
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
    </AccountForm>
  );
}
