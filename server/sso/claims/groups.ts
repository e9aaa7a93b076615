import type { Groups } from '../../domain/sign-in/sso/person.ts';
import { type Claims, isRecord, lookUp, readBoolean } from './values.ts';

/** Deeper lists and objects are unreadable. No provider nests groups, but a recursion needs an end. */
const maxDepth = 3;

/**
 * Reads a person's groups from the first source that lists all of them. If none does, returns the groups that the sources
 * mention, marked as incomplete. So does a reference to groups elsewhere, in any source.
 */
export function readGroups(sources: readonly Claims[], claim: string): Groups {
  const readings = sources.map((source) => readGroupsOf(source, claim));
  const complete = readings.find(({ untold }) => untold === null);
  const listed = complete?.listed ?? [...new Set(readings.flatMap((reading) => reading.listed))];
  if (sources.some((source) => refersToMore(source, claim))) return { listed, untold: 'overage' };
  if (complete !== undefined) return complete;
  return { listed, untold: readings.some(({ untold }) => untold === 'unreadable') ? 'unreadable' : 'missing' };
}

function readGroupsOf(source: Claims, claim: string): Groups {
  const value = lookUp(source, claim);
  // An empty claim means the same as a missing one (OIDC Core §5.3.2). It does not mean that the person is in no group.
  if (value === undefined || value === null || value === '') return { listed: [], untold: 'missing' };
  const listed: string[] = [];
  const readable = typeof value === 'string' ? splitText(value, listed) : collectAll(value, listed);
  return { listed: [...new Set(listed)], untold: readable ? null : 'unreadable' };
}

/** Reports a reference to a distributed claim (OIDC Core §5.6.2). Entra ID sends one, or `hasgroups`, for more than 200 groups. */
function refersToMore(source: Claims, claim: string): boolean {
  const names = isRecord(source._claim_names) ? Object.keys(source._claim_names) : [];
  if (names.some((name) => claim === name || claim.startsWith(`${name}.`))) return true;
  return claim === 'groups' && readBoolean(source.hasgroups) === true;
}

// The next functions add groups to `listed`. They return whether they could read all of the value.

/** Reads a text of several groups, which may also be a list that became text on its way. */
function splitText(text: string, listed: string[]): boolean {
  const parsed = parseJson(text);
  if (parsed !== undefined) return collectAll(parsed, listed);
  const names = text.replace(/^\s*\[(.*)\]\s*$/s, '$1').split(/[\s,]+/);
  listed.push(...names.filter((name) => name !== ''));
  return listed.length > 0;
}

function parseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads a list of groups, or an object whose keys are groups. */
function collectAll(value: unknown, listed: string[]): boolean {
  if (Array.isArray(value)) return collect(value, listed);
  if (!isRecord(value)) return false;
  if (groupName(value) !== null) return collect(value, listed);
  // `{"admins": false}` is not a membership.
  const members = Object.entries(value).filter(([, entry]) => entry !== null && readBoolean(entry) !== false);
  return collect(
    members.map(([key]) => key),
    listed,
  );
}

function collect(value: unknown, listed: string[], depth = 0): boolean {
  if (Array.isArray(value)) {
    if (depth === maxDepth) return false;
    return value.map((entry) => collect(entry, listed, depth + 1)).every(Boolean);
  }
  const name = isRecord(value) ? groupName(value) : textOf(value);
  if (name === null) return false;
  listed.push(name);
  return true;
}

function groupName({ name, displayName, id }: Record<string, unknown>): string | null {
  return textOf(name) ?? textOf(displayName) ?? textOf(id);
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
