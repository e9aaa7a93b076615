import { normalizeName } from '../../../shared/names.ts';
import { tokenNameSchema } from '../../../shared/schemas/common.ts';
import { DrfError } from './errors.ts';

/**
 * The fields of a body before validation. Each value is text, any JSON value or an uploaded file. The last value of a
 * repeated field wins.
 */
export type Fields = ReadonlyMap<string, unknown>;

export interface Credentials {
  username: string;
  password: string;
  /** The name of the new token, or undefined if the request has none. */
  name: string | undefined;
}

type CheckedField = { text: string } | { error: string };

/** Validates the fields as DRF's serializer does, with its texts. @throws DrfError 400 that lists every invalid field */
export function readCredentials(fields: Fields): Credentials {
  const username = checkText(fields, 'username', { trim: true });
  const password = checkText(fields, 'password', { trim: false });
  const name = fields.has('name') ? checkName(fields) : undefined;
  if ('error' in username || 'error' in password || (name && 'error' in name)) {
    const checked = Object.entries({ username, password, name });
    const errors = checked.flatMap(([field, result]) => (result && 'error' in result ? [[field, [result.error]]] : []));
    throw new DrfError(400, Object.fromEntries(errors));
  }
  return { username: username.text, password: password.text, name: name?.text };
}

function checkText(fields: Fields, field: string, { trim }: { trim: boolean }): CheckedField {
  if (!fields.has(field)) return { error: 'This field is required.' };
  const value = fields.get(field);
  if (value === null) return { error: 'This field may not be null.' };
  if (typeof value !== 'string' && typeof value !== 'number') return { error: 'Not a valid string.' };
  const text = trim ? normalizeName(String(value)) : String(value);
  if (text === '') return { error: 'This field may not be blank.' };
  if (text.includes('\0')) return { error: 'Null characters are not allowed.' };
  const surrogate = /\p{Surrogate}/u.exec(text)?.[0];
  if (surrogate === undefined) return { text };
  return { error: `Surrogate characters are not allowed: U+${surrogate.charCodeAt(0).toString(16).toUpperCase()}.` };
}

function checkName(fields: Fields): CheckedField {
  const checked = checkText(fields, 'name', { trim: true });
  if ('error' in checked) return checked;
  const parsed = tokenNameSchema.safeParse(checked.text);
  return parsed.success ? { text: parsed.data } : { error: parsed.error.issues[0]?.message ?? 'Not a valid name.' };
}
