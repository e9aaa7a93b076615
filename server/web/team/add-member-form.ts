import { type CreateUserBody, createUserBodySchema } from '../../../shared/schemas/accounts/users.ts';
import { parseForm, text } from '../shell/form-values.ts';

/** The values of the form for a new member. The password is left out, so that a rejected form never shows it. */
export interface AddMemberForm {
  email: string;
  name: string;
  superuser: boolean;
  auditor: boolean;
  canManageTokens: boolean;
  /** Whether to invite the member. Ignored for a member with a password. */
  invite: boolean;
}

export const emptyAddMemberForm: AddMemberForm = {
  email: '',
  name: '',
  superuser: false,
  auditor: false,
  canManageTokens: false,
  invite: true,
};

/** Reads the posted form. */
export function readAddMemberForm(form: Record<string, unknown>): AddMemberForm {
  return {
    email: text(form.email),
    name: text(form.name),
    superuser: text(form.superuser) !== '',
    auditor: text(form.auditor) !== '',
    canManageTokens: text(form.can_manage_tokens) !== '',
    invite: text(form.invite) !== '',
  };
}

/**
 * Converts the form to the body of `POST /api/v1/users`. Omits an empty password.
 *
 * @throws ProblemError `invalid-fields`
 */
export function addMemberBody(
  { email, name, superuser, auditor, canManageTokens, invite }: AddMemberForm,
  password: string,
): CreateUserBody {
  return parseForm(createUserBodySchema, {
    email,
    name,
    superuser,
    auditor,
    can_manage_tokens: canManageTokens,
    ...(password === '' ? { invite } : { password }),
  });
}
