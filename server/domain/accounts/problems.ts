import { ProblemError } from '../../../shared/problem.ts';

export function noSuchMember(): ProblemError {
  return new ProblemError('user-not-found', 'There is no such member.');
}
