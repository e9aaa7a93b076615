import { parseDuration } from '../../../../../shared/duration.ts';
import { ProblemError } from '../../../../../shared/problem.ts';
import { type OffboardUserBody, offboardUserBodySchema } from '../../../../../shared/schemas/accounts/offboarding.ts';
import type { OffboardingPlan } from '../../../../domain/accounts/offboarding/offboarding.ts';
import type { OfferedNames } from '../../../../domain/offered-names.ts';
import { parseForm, text } from '../../../shell/form-values.ts';

/** The fields of the form, as texts. */
export interface OffboardForm {
  /** The name of a service account. Empty or `nobody`: all tokens are revoked. */
  transferTo: string;
  /** A duration such as `30d`. */
  grace: string;
}

/** The choice to revoke all tokens. No service account has this name. A short list preselects it for no one, because it cannot be undone. */
export const nobody = '-';

export const emptyOffboardForm: OffboardForm = { transferTo: '', grace: '30d' };

export function readOffboardForm(posted: Record<string, unknown>): OffboardForm {
  return { transferTo: text(posted.transfer_to).trim(), grace: text(posted.grace).trim() };
}

/** Returns what the form asks for. Without a service account, there is no grace. @throws ProblemError `invalid-fields` */
export function offboardBody({ transferTo, grace }: OffboardForm): OffboardUserBody {
  if (transferTo === '' || transferTo === nobody) return {};
  const seconds = grace === '' ? undefined : parseDuration(grace);
  if (seconds === null) throw invalidGrace();
  return parseForm(offboardUserBodySchema, {
    transfer_to: transferTo,
    ...(seconds !== undefined && { grace: seconds }),
  });
}

/** Returns the service accounts to offer as receivers: not those that the same offboarding leaves without a maintainer, who would rotate the tokens. */
export function receivers(
  { names, more }: OfferedNames,
  { orphaned }: Pick<OffboardingPlan, 'orphaned'>,
): OfferedNames {
  return { names: names.filter((name) => !orphaned.some((account) => account.name === name)), more };
}

function invalidGrace(): ProblemError {
  const detail = 'Enter a duration such as 30d or 12h.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/grace', detail }] });
}
