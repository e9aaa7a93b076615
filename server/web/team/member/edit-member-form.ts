import { type UpdateUserBody, updateUserBodySchema } from '../../../../shared/schemas/accounts/users.ts';
import { parseGroups } from '../../../domain/accounts/groups.ts';
import type { UserSummary } from '../../../store/records.ts';
import { linesOf, parseForm, text } from '../../shell/form-values.ts';

/** The values of the form that edits a member. `email` and `groups` are undefined if the form has no such field. */
export interface EditMemberForm {
  name: string;
  email: string | undefined;
  /** One group a line. */
  groups: string | undefined;
  /** The groups that the form was shown with. Undefined if the form does not say so. */
  shownGroups: string | undefined;
}

/** Returns the values of a member that the form shows. */
export function editMemberForm({ name, email, manualGroups }: UserSummary): EditMemberForm {
  const groups = parseGroups(manualGroups).join('\n');
  return { name, email, groups, shownGroups: groups };
}

/** Reads the posted form. */
export function readEditMemberForm(form: Record<string, unknown>): EditMemberForm {
  const optional = (value: unknown) => (value === undefined ? undefined : text(value));
  const [groups, shownGroups] = [optional(form.groups), optional(form.shown_groups)];
  return { name: text(form.name), email: optional(form.email), groups, shownGroups };
}

/**
 * Converts the form to the body of `PATCH /api/v1/users/{id}`. Contains the groups only if they differ from those that the form was
 * shown with. Otherwise, an old form would give back groups that somebody else took away. @throws ProblemError `invalid-fields`
 */
export function editMemberBody({ name, email, groups, shownGroups }: EditMemberForm): UpdateUserBody {
  const isChanged = shownGroups === undefined || linesOf(groups ?? '').join('\n') !== linesOf(shownGroups).join('\n');
  return parseForm(updateUserBodySchema, {
    name,
    ...(email !== undefined && { email }),
    ...(groups !== undefined && isChanged && { groups: linesOf(groups) }),
  });
}
