import type { Engine } from '../../../engine/engine.ts';
import type { AppMatch } from '../../../records.ts';
import { matchColumnCount } from './hash-matches.ts';

/** How an app was found. */
type KeyKind = 'name' | 'host';

/**
 * Returns two branches for `selectMatches`, which find apps by name and by host. They bind a list of names and a list of hosts.
 * Their rows have no token ID. The columns of an app have text columns of a token, because a UNION requires equal types.
 */
export function appBranches(engine: Engine): string[] {
  const branch = (kind: KeyKind, from: string) => {
    const columns: string[] = Array(matchColumnCount).fill('NULL');
    [columns[0], columns[2], columns[3]] = [engine.position, 'a.id', 'a.name'];
    [columns[17], columns[18], columns[19]] = ['a.groups', `'${kind}'`, 'a.preflight'];
    return `SELECT ${columns.map((column, index) => `${column} AS m${index}`).join(', ')} FROM ${from}`;
  };
  return [
    branch('name', engine.eachOf('a.name', 'apps a')),
    branch('host', `${engine.eachOf('h.host', 'app_hosts h')} JOIN apps a ON a.id = h.app_id`),
  ];
}

/** Reports whether a row of `selectMatches` is an app. */
export function isAppRow(row: unknown[]): boolean {
  return row[1] === null;
}

/** Returns an app, how it was found, and the position of its key. */
export function toAppMatch(row: unknown[]): { kind: KeyKind; position: number; app: AppMatch } {
  const [id, name, preflight] = [row[2], row[3], row[19]] as [string, string, AppMatch['preflight']];
  const app = { id, name, groups: readGroups(row[17] as string | null), preflight };
  return { kind: row[18] as KeyKind, position: Number(row[0]), app };
}

/** Reads the groups of an app. A damaged list has a group that nobody is in, because an empty one would admit everyone. */
function readGroups(text: string | null): string[] {
  if (text === null) return [];
  try {
    const groups: unknown = JSON.parse(text);
    if (Array.isArray(groups)) return groups;
  } catch {}
  return [''];
}
