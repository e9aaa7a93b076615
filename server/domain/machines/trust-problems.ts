import { ProblemError } from '../../../shared/problem.ts';

export function noSuchTrust(): ProblemError {
  return new ProblemError('trust-not-found', 'There is no such trust.');
}

export function trustNameTaken(): ProblemError {
  const detail = 'There is already a trust with this name.';
  return new ProblemError('name-taken', detail, { errors: [{ pointer: '/name', detail }] });
}

/** Returns the problem for the field that names the service account. */
export function noSuchAccount(name: string): ProblemError {
  const detail = `There is no service account “${name}”. Create it first.`;
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/service_account', detail }] });
}
