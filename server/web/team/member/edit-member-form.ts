import { type UpdateUserBody, updateUserBodySchema } from '../../../../shared/schemas/users.ts';
import { parseForm, text } from '../../shell/form-values.ts';

/** The values of the form that edits a member. `email` is undefined if the form has no such field. */
export interface EditMemberForm {
  name: string;
  email: string | undefined;
}

/** Reads the posted form. */
export function readEditMemberForm(form: Record<string, unknown>): EditMemberForm {
  return { name: text(form.name), email: form.email === undefined ? undefined : text(form.email) };
}

/** Converts the form to the body of `PATCH /api/v1/users/{id}`. @throws ProblemError `invalid-fields` */
export function editMemberBody({ name, email }: EditMemberForm): UpdateUserBody {
  return parseForm(updateUserBodySchema, { name, ...(email !== undefined && { email }) });
}
