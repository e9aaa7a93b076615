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

/** Returns the problem for a list with wrong email addresses, which has an error for each. */
export function wrongAddresses(errors: FieldError[]): ProblemError {
  return new ProblemError('invalid-fields', errors.map(({ detail }) => detail).join(' '), { errors });
}
