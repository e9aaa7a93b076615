import { ProblemError } from '../../../../../shared/problem.ts';
import { type OffboardUserBody, offboardUserBodySchema } from '../../../../../shared/schemas/accounts/offboarding.ts';
import { parseDuration } from '../../../../../shared/times/duration.ts';
import type { OffboardingPlan } from '../../../../domain/accounts/offboarding/offboarding.ts';
import type { OfferedNames } from '../../../../domain/offered-names.ts';
import { parseForm, text } from '../../../shell/form-values.ts';

/** The fields of the form, as texts. */
export interface OffboardForm {
  /** The name of a service account, or `nobody`. Empty: nothing was chosen. Null: the form did not ask, because no token can be transferred. */
  transferTo: string | null;
  /** Whether a service account was chosen whose name is typed. */
  byName: boolean;
  /** A duration such as `30d`. */
  grace: string;
}

/** The choice to revoke all tokens. No service account has this name. The form preselects it for no one, because it cannot be undone. */
export const nobody = '-';

/** The name of the choice between a service account, whose name is typed, and nobody. A short list of service accounts has no such choice. */
export const receiverChoice = 'receiver';
export const receiverByName = 'account';

export const emptyOffboardForm: OffboardForm = { transferTo: '', byName: false, grace: '30d' };

export function readOffboardForm(posted: Record<string, unknown>): OffboardForm {
  const choice = text(posted[receiverChoice]);
  const asked = posted.transfer_to !== undefined || choice !== '';
  const transferTo = choice === nobody ? nobody : text(posted.transfer_to).trim();
  return { transferTo: asked ? transferTo : null, byName: choice === receiverByName, grace: text(posted.grace).trim() };
}

/** Returns what the form asks for. Without a service account, there is no grace. @throws ProblemError `invalid-fields` */
export function offboardBody({ transferTo, byName, grace }: OffboardForm): OffboardUserBody {
  if (transferTo === null || transferTo === nobody) return {};
  if (transferTo === '') throw invalidReceiver(byName ? 'Enter the name of a service account.' : unchosen);
  const seconds = grace === '' ? undefined : parseDuration(grace);
  if (seconds === null) throw invalidField('grace', 'Enter a duration such as 30d or 12h.');
  return parseForm(offboardUserBodySchema, {
    transfer_to: transferTo,
    ...(seconds !== undefined && { grace: seconds }),
  });
}

const unchosen = 'Choose a service account, or choose to revoke all tokens.';

/** Returns the service accounts to offer as receivers: not those that the same offboarding leaves without a maintainer, who would rotate the tokens. */
export function receivers(
  { names, more }: OfferedNames,
  { orphaned }: Pick<OffboardingPlan, 'orphaned'>,
): OfferedNames {
  return { names: names.filter((name) => !orphaned.some((account) => account.name === name)), more };
}

/** Returns the problem that the form shows beside the receiver of the tokens. */
export function invalidReceiver(detail: string): ProblemError {
  return invalidField('transfer_to', detail);
}

function invalidField(name: string, detail: string): ProblemError {
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: `/${name}`, detail }] });
}
