import type { ProblemError } from '../../../../shared/problem.ts';
import { parseGroups } from '../../../domain/accounts/groups.ts';
import type { UserSummary } from '../../../store/records.ts';
import { Field } from '../../shell/components/form.tsx';
import { FormDialog } from '../../shell/components/form-dialog.tsx';
import { TextArea } from '../../shell/components/text-area.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { usePage } from '../../shell/page-context.ts';
import { briefList } from '../member-labels.ts';
import { memberPath } from '../team-paths.ts';
import type { EditMemberForm } from './edit-member-form.ts';

interface EditMemberDialogProps {
  member: Pick<UserSummary, 'id' | 'sso' | 'ssoGroups'>;
  closeHref: string;
  form: EditMemberForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/**
 * The form that changes a member's name, email address and groups. It has no field for the address of a member with single
 * sign-on, which comes from the provider.
 */
export function EditMemberDialog({ member, closeHref, form, problem }: EditMemberDialogProps) {
  const errors = fieldErrors(problem);
  return (
    <FormDialog
      title="Edit member"
      closeHref={closeHref}
      action={`${memberPath(member.id)}/edit`}
      submit="Save"
      problem={problem}
    >
      <Field
        label="Name"
        name="name"
        value={form.name}
        error={errors.name}
        hint={member.sso ? 'The identity provider may replace it at the next sign-in.' : undefined}
        autocomplete="off"
        autofocus={problem === undefined}
      />
      {member.sso ? (
        <div class="field">
          <p class="hint">The email address comes from the identity provider. Change it there.</p>
        </div>
      ) : (
        <Field
          label="Email address"
          name="email"
          type="email"
          value={form.email}
          error={errors.email}
          hint={
            usePage().sendsMail
              ? 'Both addresses get a mail. Links that were mailed to the earlier one stop working.'
              : 'No mail server is set up yet, so neither address gets a mail. Links for the earlier one stop working.'
          }
          autocomplete="off"
          required
        />
      )}
      <TextArea
        label="Groups"
        name="groups"
        value={form.groups}
        error={groupsError(errors)}
        hint={groupsHint(parseGroups(member.ssoGroups))}
      />
      {form.shownGroups !== undefined && <input type="hidden" name="shown_groups" value={form.shownGroups} />}
    </FormDialog>
  );
}

function groupsHint(ofProvider: readonly string[]): string {
  const hint = 'One a line. Groups decide which apps the member may use.';
  return ofProvider.length === 0
    ? hint
    : `${hint} The identity provider adds its own at each sign-in: ${briefList(ofProvider)}.`;
}

/** Returns the error of the list, or of its first wrong entry. */
function groupsError(errors: Partial<Record<string, string>>): string | undefined {
  return Object.entries(errors).find(([field]) => field.split('/')[0] === 'groups')?.[1];
}
