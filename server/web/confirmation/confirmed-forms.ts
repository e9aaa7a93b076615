import type { WaitingForm } from '../../domain/sign-in/confirmation/by-sso.ts';
import type { ConfirmedAction } from '../../domain/sign-in/confirmation/required.ts';
import { formTokenField } from '../shell/form-token.ts';

/** The forms of each action that needs a confirmation. Only these show themselves again afterwards. */
export const confirmedForms: Readonly<Record<ConfirmedAction, readonly string[]>> = {
  createKey: ['POST /organization/service-accounts/:id/keys'],
  widenKey: ['POST /profile/api-tokens/:id/:action'],
  rotateKey: ['POST /profile/api-tokens/:id/:action'],
  promote: ['POST /organization/team', 'POST /organization/team/:id/:action'],
  makeAuditor: ['POST /organization/team', 'POST /organization/team/:id/:action'],
  copyInvitationLink: ['POST /organization/team/:id/invitation-link', 'POST /organization/team/:id/:action'],
  changeEmail: ['POST /organization/team/:id/edit'],
  resetSecondFactor: ['POST /organization/team/:id/:action'],
  removeSecondFactor: ['POST /profile/two-step/disable'],
  showRecoveryCodes: ['POST /profile/two-step/recovery-codes'],
  addPasskey: ['POST /profile/passkeys'],
  removePasskey: ['POST /profile/passkeys/:id/remove'],
};

/** Fields of the page that asks for the confirmation. All other fields of its forms belong to the waiting form. */
export const confirmFields = { with: 'confirm_with', password: 'confirm_password', action: 'confirm_action' } as const;

/** Fields that hold a secret, or belong to one page only. The member enters them again. */
const notCarried: readonly string[] = [
  ...['username', 'password', 'current', 'new', 'again', 'code', 'response', formTokenField],
  ...Object.values(confirmFields),
];

/** Returns the fields of a form that waits for the confirmation, without secrets and uploaded files. */
export function carriedFields(form: Readonly<Record<string, unknown>>): WaitingForm['fields'] {
  return Object.entries(form).flatMap(([name, value]) =>
    notCarried.includes(name)
      ? []
      : [value].flat().flatMap((one): WaitingForm['fields'] => (typeof one === 'string' ? [[name, one]] : [])),
  );
}
