import { validate } from 'uuid';
import { z } from 'zod';
import { type CreateTokenBody, createTokenBodySchema } from '../../../shared/schemas/tokens.ts';
import { invalidFields } from '../../http/validate.ts';
import { parseForm, text } from '../shell/form-values.ts';

/** The form for a new token as it was filled in. */
export interface CreateTokenForm {
  name: string;
  description: string;
  /** Seconds, `date` or `never`. */
  expires: string;
  /** With `date`: the day that it ends with, in UTC. */
  date: string;
  /** The Idempotency-Key: sending one form twice makes one token. */
  key: string;
}

/** Reads what was posted. `freshKey` stands in for a key that is none of ours. */
export function readCreateTokenForm(form: Record<string, unknown>, freshKey: string): CreateTokenForm {
  const key = text(form.key);
  return {
    name: text(form.name),
    description: text(form.description),
    expires: text(form.expires),
    date: text(form.date),
    key: validate(key) ? key : freshKey,
  };
}

/** What the form asks of the service. @throws ProblemError `invalid-fields` */
export function createTokenBody({ name, description, ...rest }: CreateTokenForm): CreateTokenBody {
  return parseForm(createTokenBodySchema, { name, description, ...expiry(rest) });
}

function expiry({ expires, date }: Pick<CreateTokenForm, 'expires' | 'date'>) {
  if (expires === 'never') return { expires_in: null };
  if (/^[0-9]{1,10}$/.test(expires)) return { expires_in: Number(expires) };
  if (expires === 'date' && z.iso.date().safeParse(date).success) return { expires_at: `${date}T23:59:59.999Z` };
  throw invalidFields([
    {
      pointer: '/expires_at',
      detail: expires === 'date' ? 'Choose the day that the token ends with.' : 'Choose when the token expires.',
    },
  ]);
}
