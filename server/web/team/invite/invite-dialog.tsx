import type { ProblemError } from '../../../../shared/problem.ts';
import { FormDialog } from '../../shell/components/form-dialog.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { NotMailed } from '../../shell/mailed.tsx';
import { usePage } from '../../shell/page-context.ts';
import { invitePath } from '../team-paths.ts';
import { InviteFields } from './invite-fields.tsx';
import type { InviteForm } from './invite-form.ts';

interface InviteDialogProps {
  closeHref: string;
  form: InviteForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form that invites several members: empty, or with the values of a rejected form. */
export function InviteDialog({ closeHref, form, problem }: InviteDialogProps) {
  return (
    <FormDialog
      title="Invite members"
      closeHref={closeHref}
      action={invitePath}
      submit="Invite"
      problem={problem}
      unchanged="Nobody was invited."
    >
      <NotMailed>
        <p class="note warning">
          No mail server is configured, so no mail is sent. The next page has{' '}
          {usePage().hasSso ? 'the address at which everybody signs in' : 'a link for each member'}, which you pass on
          yourself.
        </p>
      </NotMailed>
      <InviteFields form={form} error={fieldErrors(problem).addresses} />
    </FormDialog>
  );
}
