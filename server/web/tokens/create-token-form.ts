import { validate } from 'uuid';
import { z } from 'zod';
import { ProblemError } from '../../../shared/problem.ts';
import { type CreateTokenBody, createTokenBodySchema } from '../../../shared/schemas/tokens/tokens.ts';
import { invalidFields } from '../../http/validate.ts';
import { parseForm, text } from '../shell/form-values.ts';
import { readQuietNetworks } from './fields/quiet-networks.ts';
import { emptyRuleForm, newRuleFields, type RuleForm, readRuleForm } from './rules/rule-form.ts';

/** The values of the form for a new token, as the member entered them. */
export interface CreateTokenForm {
  name: string;
  description: string;
  /** A lifetime in seconds, `date`, `never`, or an RFC 3339 time that a link named. */
  expires: string;
  /** Last day of the token's life in UTC, if `expires` is `date`. */
  date: string;
  /** Whether no mail is sent about uses from new networks. */
  quietNetworks: boolean;
  /** Whether the token is a canary, whose value never works. */
  canary: boolean;
  /** Whether a program that has the value may rotate it. */
  selfRotate: boolean;
  /** The name of the service account that will own the token. Empty: the member owns it. */
  serviceAccount: string;
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
    selfRotate: false,
    serviceAccount: '',
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
    quietNetworks: readQuietNetworks(form),
    canary: form.canary === 'true',
    selfRotate: form.self_rotate === 'true',
    serviceAccount: text(form.service_account).trim(),
    rules: readRuleForm(form),
    key: validate(key) ? key : freshKey,
  };
}

/**
 * Converts the form to the body of `POST /api/v1/tokens`. `serviceAccount` is the name of the one that will own the token, by default as the form says.
 * @throws ProblemError `invalid-fields`
 */
export function createTokenBody(form: CreateTokenForm, serviceAccount = form.serviceAccount): CreateTokenBody {
  const { name, description, quietNetworks, canary, selfRotate, rules, ...expiry } = form;
  const owner = serviceAccount === '' ? {} : { service_account: serviceAccount };
  // Each use of a canary is mailed anyway.
  const quiet = quietNetworks && !canary ? { quiet_networks: true } : {};
  const flags = { ...quiet, ...(canary && { canary }), ...(selfRotate && { self_rotate: true }) };
  const fields = { name, description, ...flags, ...newRuleFields(rules) };
  return parseForm(createTokenBodySchema, { ...owner, ...fields, ...expiryFields(expiry) });
}

/** Returns the fields of a body that choose the expiry. @throws ProblemError `invalid-fields` */
export function expiryFields({ expires, date }: Pick<CreateTokenForm, 'expires' | 'date'>) {
  if (expires === 'never') return { expires_in: null };
  if (/^[0-9]{1,10}$/.test(expires)) return { expires_in: Number(expires) };
  if (expires === 'date' && z.iso.date().safeParse(date).success) return { expires_at: `${date}T23:59:59.999Z` };
  if (z.iso.datetime({ offset: true }).safeParse(expires).success) return { expires_at: expires };
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
