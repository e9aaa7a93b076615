import { validate } from 'uuid';
import { z } from 'zod';
import { ProblemError } from '../../../shared/problem.ts';
import { type CreateTokenBody, createTokenBodySchema } from '../../../shared/schemas/tokens/tokens.ts';
import { invalidFields } from '../../http/validate.ts';
import { parseForm, text } from '../shell/form-values.ts';
import { emptyRuleForm, newRuleFields, type RuleForm, readRuleForm } from './rules/rule-form.ts';

/** The values of the form for a new token, as the member entered them. */
export interface CreateTokenForm {
  name: string;
  description: string;
  /** A lifetime in seconds, `date`, or `never`. */
  expires: string;
  /** Last day of the token's life in UTC, if `expires` is `date`. */
  date: string;
  /** Whether no mail is sent about uses from new networks. */
  quietNetworks: boolean;
  /** Whether the token is a canary, whose value never works. */
  canary: boolean;
  /** The rules of the token. */
  rules: RuleForm;
  /** Idempotency key, so that sending the same form twice creates one token. */
  key: string;
}

/** Returns an empty form with the preselected expiry. */
export function emptyCreateTokenForm(expires: string, key: string): CreateTokenForm {
  return {
    name: '',
    description: '',
    expires,
    date: '',
    quietNetworks: false,
    canary: false,
    rules: emptyRuleForm,
    key,
  };
}

/** Reads the posted form. `freshKey` replaces a key that is not a UUID. */
export function readCreateTokenForm(form: Record<string, unknown>, freshKey: string): CreateTokenForm {
  const key = text(form.key);
  return {
    name: text(form.name),
    description: text(form.description),
    expires: text(form.expires),
    date: text(form.date),
    quietNetworks: form.quiet_networks === 'true',
    canary: form.canary === 'true',
    rules: readRuleForm(form),
    key: validate(key) ? key : freshKey,
  };
}

/**
 * Converts the form to the body of `POST /api/v1/tokens`. `serviceAccount` is the name of the one that will own the token.
 * @throws ProblemError `invalid-fields`
 */
export function createTokenBody(form: CreateTokenForm, serviceAccount?: string): CreateTokenBody {
  const { name, description, quietNetworks, canary, rules, ...expiry } = form;
  const owner = serviceAccount === undefined ? {} : { service_account: serviceAccount };
  const quiet = quietNetworks ? { quiet_networks: true } : {};
  const fields = { name, description, ...quiet, ...(canary && { canary }), ...newRuleFields(rules) };
  return parseForm(createTokenBodySchema, { ...owner, ...fields, ...expiryFields(expiry) });
}

/** Returns the fields of a body that choose the expiry. @throws ProblemError `invalid-fields` */
export function expiryFields({ expires, date }: Pick<CreateTokenForm, 'expires' | 'date'>) {
  if (expires === 'never') return { expires_in: null };
  if (/^[0-9]{1,10}$/.test(expires)) return { expires_in: Number(expires) };
  if (expires === 'date' && z.iso.date().safeParse(date).success) return { expires_at: `${date}T23:59:59.999Z` };
  const detail = expires === 'date' ? 'Choose the date when the token expires.' : 'Choose when the token expires.';
  throw invalidFields([{ pointer: '/expires_at', detail }]);
}

/** Returns the problem for a form that was sent before with other values. */
export function formSentBefore({ code }: ProblemError): ProblemError {
  return new ProblemError(
    code,
    'This form already created a token with other values. To create another token, send the form again.',
  );
}
