import type { FieldChange, UserRecord } from '../../store/records.ts';

/** The groups of a member, as stored: those that the identity provider listed, and those that superusers gave. */
type StoredGroups = Pick<UserRecord, 'ssoGroups' | 'manualGroups'>;

/** A group of a member. A group from both sources is listed twice. */
export interface MemberGroup {
  name: string;
  source: 'sso' | 'manual';
}

/** Returns the text that stores groups, in which equal groups have equal texts. Null stands for no group. */
export function groupsText(names: Iterable<string>): string | null {
  const distinct = [...new Set(names)].sort();
  return distinct.length === 0 ? null : JSON.stringify(distinct);
}

/** Reads what `groupsText` stored. A text that cannot be read lists no group, because a group only gives access. */
export function parseGroups(text: string | null): string[] {
  if (text === null) return [];
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

/** Returns the names of all groups of a member, each once. */
export function groupNamesOf({ ssoGroups, manualGroups }: StoredGroups): string[] {
  return [...new Set([...parseGroups(ssoGroups), ...parseGroups(manualGroups)])].sort();
}

/** Returns the groups of a member with their sources. */
export function memberGroups({ ssoGroups, manualGroups }: StoredGroups): MemberGroup[] {
  return [
    ...parseGroups(ssoGroups).map((name) => ({ name, source: 'sso' as const })),
    ...parseGroups(manualGroups).map((name) => ({ name, source: 'manual' as const })),
  ];
}

/** Returns the change of groups for the audit log, one name a line. */
export function groupsChange(
  field: 'sso_groups' | 'manual_groups',
  from: string | null,
  to: string | null,
): FieldChange[] {
  const lines = (text: string | null) => parseGroups(text).join('\n') || null;
  return [{ field, from: lines(from), to: lines(to) }];
}
