import type { RawRequest } from './raw.ts';

type Fields = NonNullable<RawRequest['fields']>;

/** A way to send a token. */
export interface Form {
  readonly name: string;
  readonly fields: (token: string) => Fields;
}

/** The forms that use `Authorization`, in the order in which they are tried. */
export const authorizationForms: readonly Form[] = [
  { name: 'Token', fields: (token) => [['Authorization', `Token ${token}`]] },
  { name: 'Bearer', fields: (token) => [['Authorization', `Bearer ${token}`]] },
  {
    name: 'Basic',
    fields: (token) => [['Authorization', `Basic ${Buffer.from(`tokens-doctor:${token}`).toString('base64')}`]],
  },
];

export const apiKeyForm: Form = { name: 'X-API-Key', fields: (token) => [['X-API-Key', token]] };

/** Every form that tokensd reads. A gate may accept only some of them. */
export const allForms: readonly Form[] = [...authorizationForms, apiKeyForm];

/** Joins names for a sentence, such as `Token, Bearer and Basic`. */
export function listNames(forms: readonly Form[]): string {
  const names = forms.map(({ name }) => name);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}
