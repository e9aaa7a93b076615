import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { didYouMean } from '../../api/find/close-names.ts';
import { localError } from '../../errors.ts';
import type { Column } from '../table.ts';

/** Every field of a token in JSON. The type checker names a field that is missing. */
const fields = {
  id: true,
  name: true,
  prefix: true,
  description: true,
  owner: true,
  owner_kind: true,
  created_at: true,
  expires_at: true,
  status: true,
  last_used: true,
  last_denied: true,
  rotated_at: true,
  previous_used_at: true,
  previous: true,
  paused: true,
  self_rotate: true,
  lifetime: true,
  quiet_networks: true,
  manage: true,
  canary: true,
  apps: true,
  read_only: true,
  allow: true,
  networks: true,
  enforce: true,
} as const satisfies Record<keyof Token, true>;

/** What `--columns` accepts. */
export const columnNames: readonly string[] = Object.keys(fields);

/** Texts and lists that a person reads. All other fields are never cut, because no command accepts a part of a name, an ID or a time. */
const cutFields: ReadonlySet<keyof Token> = new Set(['description', 'manage', 'apps', 'allow', 'networks']);

/**
 * Returns the columns that `--columns` names. Their texts are those of JSON, with times in UTC on a terminal as well.
 * @throws CliError `usage`.
 */
export function chosenColumns(list: string): Column<Token>[] {
  return list.split(',').map((item) => {
    const field = item.trim();
    if (!isField(field)) {
      const guess = didYouMean(field, columnNames);
      throw localError('usage', `There is no column "${field}".${guess} The columns are ${columnNames.join(', ')}.`);
    }
    const column = { head: field.toUpperCase(), text: (token: Token) => textOf(token[field]) };
    return cutFields.has(field) ? { ...column, minWidth: 8 } : column;
  });
}

function isField(text: string): text is keyof Token {
  return Object.hasOwn(fields, text);
}

/** Returns the time of a use or a pause, the prefix of an old value, and the items of a list. An empty text stands for null. */
function textOf(value: Token[keyof Token]): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'object') return String(value);
  return 'at' in value ? value.at : value.prefix;
}
