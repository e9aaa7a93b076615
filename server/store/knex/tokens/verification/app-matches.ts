import type { Engine, ListBinding } from '../../../engine/engine.ts';
import type { AppKey, AppMatch } from '../../../records.ts';
import { matchColumnCount } from './hash-matches.ts';

/** How a statement takes the keys of apps: one name, one host, or a list for each. */
export type KeyForm = AppKey['kind'] | 'lists';

/** Returns the form for these keys. Most statements are for one app, and one key takes a fraction of the time of two lists. */
export function formOf(keys: readonly AppKey[]): KeyForm {
  const [key] = keys;
  return key === undefined || keys.length > 1 ? 'lists' : key.kind;
}

/** Returns the bindings for `appBranches`. In each list, an empty text stands for a key of the other kind, so that positions are those of the keys. */
export function bindKeys(engine: Engine, keys: readonly AppKey[]): ListBinding[] {
  const textOf = (key: AppKey) => (key.kind === 'name' ? key.name : key.host);
  if (formOf(keys) !== 'lists') return keys.map(textOf);
  const listOf = (kind: AppKey['kind']) => engine.bindList(keys.map((key) => (key.kind === kind ? textOf(key) : '')));
  return [listOf('name'), listOf('host')];
}

/**
 * Returns branches for `selectMatches` that find apps by keys of this form. Their rows have no token ID. The columns of an app
 * have text columns of a token, because a UNION requires equal types.
 */
export function appBranches(engine: Engine, form: KeyForm): string[] {
  const branch = (position: string, from: string) => {
    const columns: string[] = Array(matchColumnCount).fill('NULL');
    [columns[0], columns[2], columns[3]] = [position, 'a.id', 'a.name'];
    [columns[17], columns[18]] = ['a.groups', 'a.preflight'];
    return `SELECT ${columns.map((column, index) => `${column} AS m${index}`).join(', ')} FROM ${from}`;
  };
  const ofHost = 'JOIN apps a ON a.id = h.app_id';
  switch (form) {
    case 'name':
      return [branch('0', 'apps a WHERE a.name = ?')];
    case 'host':
      return [branch('0', `app_hosts h ${ofHost} WHERE h.host = ?`)];
    case 'lists':
      return [
        branch(engine.position, engine.eachOf('a.name', 'apps a')),
        branch(engine.position, `${engine.eachOf('h.host', 'app_hosts h')} ${ofHost}`),
      ];
  }
}

/** Reports whether a row of `selectMatches` is an app. */
export function isAppRow(row: unknown[]): boolean {
  return row[1] === null;
}

/** Converts a row of `selectMatches` to an app. */
export function toAppMatch(row: unknown[]): AppMatch {
  const [id, name, preflight] = [row[2], row[3], row[18]] as [string, string, AppMatch['preflight']];
  return { id, name, groups: readGroups(row[17] as string | null), preflight };
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
