import { type UpdateUserBody, updateUserBodySchema } from '../../../../shared/schemas/users.ts';
import { parseGroups } from '../../../domain/accounts/groups.ts';
import type { UserSummary } from '../../../store/records.ts';
import { parseForm, text } from '../../shell/form-values.ts';

/** The values of the form that edits a member. `email` and `groups` are undefined if the form has no such field. */
export interface EditMemberForm {
  name: string;
  email: string | undefined;
  /** One group a line. */
  groups: string | undefined;
}

/** Returns what the form shows of a member. */
export function editMemberForm({ name, email, manualGroups }: UserSummary): EditMemberForm {
  return { name, email, groups: parseGroups(manualGroups).join('\n') };
}

/** Reads the posted form. */
export function readEditMemberForm(form: Record<string, unknown>): EditMemberForm {
  const optional = (value: unknown) => (value === undefined ? undefined : text(value));
  return { name: text(form.name), email: optional(form.email), groups: optional(form.groups) };
}

/** Converts the form to the body of `PATCH /api/v1/users/{id}`. @throws ProblemError `invalid-fields` */
export function editMemberBody({ name, email, groups }: EditMemberForm): UpdateUserBody {
  return parseForm(updateUserBodySchema, {
    name,
    ...(email !== undefined && { email }),
    ...(groups !== undefined && { groups: linesOf(groups) }),
  });
}

function linesOf(text: string): string[] {
  return text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
}
