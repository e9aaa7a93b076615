import { ProblemError } from '../../../shared/problem.ts';

export function noSuchApp(): ProblemError {
  return new ProblemError('app-not-found', 'There is no such app.');
}

export function appNameTaken(): ProblemError {
  const detail = 'There is already an app with this name.';
  return new ProblemError('name-taken', detail, { errors: [{ pointer: '/name', detail }] });
}

export function hostTaken(host: string): ProblemError {
  const detail = `Another app has the host ${host}. Remove it there first.`;
  return new ProblemError('host-taken', detail, { errors: [{ pointer: '/hosts', detail }] });
}

export function appInUse(tokens: number): ProblemError {
  const count = tokens === 1 ? '1 token is' : `${tokens} tokens are`;
  const detail = `${count} restricted to this app. Delete it with force, and they are denied where this was their only app.`;
  return new ProblemError('app-in-use', detail);
}
