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
  const [count, effect] =
    tokens === 1
      ? ['1 token is', 'Without another app, it would be denied everywhere: change its rules']
      : [`${tokens} tokens are`, 'Those without another app would be denied everywhere: change their rules'];
  const detail = `${count} restricted to this app. ${effect} first, or force the deletion.`;
  return new ProblemError('app-in-use', detail);
}
