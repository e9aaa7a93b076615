import { text } from '../../shell/form-values.ts';

/** The values of the form that invites several members. */
export interface InviteForm {
  /** Addresses as someone typed or pasted them. */
  addresses: string;
  canManageTokens: boolean;
}

export const emptyInviteForm: InviteForm = { addresses: '', canManageTokens: false };

/** Reads the posted form. */
export function readInviteForm(form: Record<string, unknown>): InviteForm {
  return { addresses: text(form.addresses), canManageTokens: text(form.can_manage_tokens) !== '' };
}
