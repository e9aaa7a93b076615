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
      ? ['1 token is', 'The token is then denied everywhere unless it has another app']
      : [`${tokens} tokens are`, 'Those without another app are then denied everywhere'];
  const detail = `${count} restricted to this app; use \`--force\` (\`?force=true\`) to delete the app anyway. ${effect}.`;
  return new ProblemError('app-in-use', detail);
}
