import type { UserSummary } from '../../store/records.ts';

export const teamPath = '/organization/team';

export function memberPath(id: string): string {
  return `${teamPath}/${id}`;
}

/** What a member is called: the e-mail address if there is no name. */
export function nameOf({ name, email }: Pick<UserSummary, 'name' | 'email'>): string {
  return name || email;
}

export function roleOf({ superuser }: Pick<UserSummary, 'superuser'>): string {
  return superuser ? 'Organization Superuser' : 'Member';
}

/** `1 token`, `3 working tokens`. */
export function countOf(count: number, what = 'token'): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
