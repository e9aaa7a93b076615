import { ProblemError } from '../../../shared/problem.ts';

export function noSuchMember(): ProblemError {
  return new ProblemError('user-not-found', 'There is no such member.');
}

export function lastSuperuser(): ProblemError {
  return new ProblemError(
    'last-superuser',
    'This is the last enabled Organization Superuser. Promote another member first.',
  );
}
