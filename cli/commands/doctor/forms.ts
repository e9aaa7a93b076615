import type { RawRequest } from './raw.ts';

type Fields = NonNullable<RawRequest['fields']>;

/** A way to send a token. */
export interface Form {
  readonly name: string;
  /** The header field that carries it. */
  readonly field: 'Authorization' | 'X-API-Key' | 'X-Tokens-Authorization';
  readonly fields: (token: string) => Fields;
}

/** The forms that use `Authorization`, in the order in which they are tried. */
export const authorizationForms: readonly Form[] = [
  { name: 'Token', ...inField('Authorization', (token) => `Token ${token}`) },
  { name: 'Bearer', ...inField('Authorization', (token) => `Bearer ${token}`) },
  { name: 'Basic', ...inField('Authorization', basic) },
];

export const apiKeyForm: Form = { name: 'X-API-Key', ...inField('X-API-Key', (token) => token) };

/** The form that leaves the other fields to the API. */
export const ownForm: Form = {
  name: 'X-Tokens-Authorization',
  ...inField('X-Tokens-Authorization', (token) => token),
};

/** Every form that tokensd reads. A gate may accept only some of them. */
export const allForms: readonly Form[] = [...authorizationForms, apiKeyForm, ownForm];

/** Joins names for a sentence, such as `Token, Bearer and Basic`. */
export function listNames(forms: readonly Form[]): string {
  const names = forms.map(({ name }) => name);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

function inField(field: Form['field'], value: (token: string) => string): Pick<Form, 'field' | 'fields'> {
  return { field, fields: (token) => [[field, value(token)]] };
}

function basic(token: string): string {
  return `Basic ${Buffer.from(`tokens-doctor:${token}`).toString('base64')}`;
}
