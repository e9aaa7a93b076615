import type { UserSummary } from '../../store/records.ts';

/** Returns the member's name, or the email address if there is no name. */
export function memberName({ name, email }: Pick<UserSummary, 'name' | 'email'>): string {
  return name || email;
}

/** Returns the label of the member's role. */
export function roleLabel({ superuser, auditor }: Pick<UserSummary, 'superuser' | 'auditor'>): string {
  if (superuser) return auditor ? 'Organization Superuser, auditor' : 'Organization Superuser';
  return auditor ? 'Auditor' : 'Member';
}

/** The label of the permission to create and manage tokens. */
export const permissionLabel = 'Can create and manage personal API tokens';

/** Returns the first names of a list, such as `developers, operations and 3 more`. */
export function briefList(names: readonly string[], max = 5): string {
  const more = names.length - max;
  return more > 0 ? `${names.slice(0, max).join(', ')} and ${more} more` : names.join(', ');
}
