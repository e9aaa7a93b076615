import { type FieldError, ProblemError } from '../../../../shared/problem.ts';

export function noSuchServiceAccount(): ProblemError {
  return new ProblemError('service-account-not-found', 'There is no such service account.');
}

export function serviceAccountNameTaken(): ProblemError {
  const detail = 'There is already a service account with this name.';
  return new ProblemError('name-taken', detail, { errors: [{ pointer: '/name', detail }] });
}

export function serviceAccountDisabled(): ProblemError {
  return new ProblemError(
    'service-account-disabled',
    'The service account is disabled. An Organization Superuser can enable it.',
  );
}

/** A list names email addresses that belong to no member. */
export class UnknownMember extends ProblemError {
  constructor(errors: FieldError[]) {
    super('invalid-fields', detailOf(errors), { errors });
  }
}

/** Returns the problem for a list that names members who do not maintain the service account. */
export function noMaintainers(errors: FieldError[]): ProblemError {
  return new ProblemError('invalid-fields', detailOf(errors), { errors });
}

function detailOf(errors: readonly FieldError[]): string {
  return errors.map(({ detail }) => detail).join(' ');
}
