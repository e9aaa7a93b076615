import { type CreateUserBody, createUserBodySchema } from '../../../shared/schemas/users.ts';
import { parseForm, text } from '../shell/form-values.ts';

/** The form for a new member as it was filled in. */
export interface AddMemberForm {
  email: string;
  name: string;
  superuser: boolean;
  canManageTokens: boolean;
}

export const emptyAddMemberForm: AddMemberForm = { email: '', name: '', superuser: false, canManageTokens: false };

/** What was posted, without the password: that is never shown again. */
export function readAddMemberForm(form: Record<string, unknown>): AddMemberForm {
  return {
    email: text(form.email),
    name: text(form.name),
    superuser: text(form.superuser) !== '',
    canManageTokens: text(form.can_manage_tokens) !== '',
  };
}

/** What the form asks of the service; an empty password is none. @throws ProblemError `invalid-fields` */
export function addMemberBody(
  { email, name, superuser, canManageTokens }: AddMemberForm,
  password: string,
): CreateUserBody {
  return parseForm(createUserBodySchema, {
    email,
    name,
    superuser,
    can_manage_tokens: canManageTokens,
    ...(password !== '' && { password }),
  });
}
