import { ProblemError } from '../../../../shared/problem.ts';

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
