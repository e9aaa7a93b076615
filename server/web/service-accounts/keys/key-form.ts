import { validate } from 'uuid';
import { limits } from '../../../../shared/limits.ts';
import { type CreateTokenBody, createTokenBodySchema } from '../../../../shared/schemas/tokens/tokens.ts';
import { invalidFields } from '../../../http/validate.ts';
import { parseForm, text, textsOf } from '../../shell/form-values.ts';
import { expiryFields } from '../../tokens/create-token-form.ts';
import { type ExpiryPolicyChoices, expiryChoices } from '../../tokens/expiry-choices.ts';
import { emptyRuleForm, newRuleFields } from '../../tokens/rules/rule-form.ts';

/** The values of the form for a new management key, as they were entered. */
export interface KeyForm {
  name: string;
  description: string;
  /** The chosen scopes. */
  manage: string[];
  /** A lifetime in seconds, or `date`. */
  expires: string;
  /** Last day of the key's life in UTC, if `expires` is `date`. */
  date: string;
  networks: string;
  selfRotate: boolean;
  /** Idempotency key, so that sending the same form twice creates one management key. */
  key: string;
}

/** Returns an empty form with the preselected expiry. */
export function emptyKeyForm(expires: string, key: string): KeyForm {
  return { name: '', description: '', manage: [], expires, date: '', networks: '', selfRotate: false, key };
}

/** Reads the posted form. `freshKey` replaces an idempotency key that is not a UUID. */
export function readKeyForm(form: Record<string, unknown>, freshKey: string): KeyForm {
  const key = text(form.key);
  return {
    name: text(form.name),
    description: text(form.description),
    manage: textsOf(form.manage),
    expires: text(form.expires),
    date: text(form.date),
    networks: text(form.networks),
    selfRotate: form.self_rotate === 'true',
    key: validate(key) ? key : freshKey,
  };
}

/** Converts the form to the body of `POST /api/v1/tokens`. @throws ProblemError `invalid-fields` */
export function keyBody(form: KeyForm, serviceAccount: string): CreateTokenBody {
  const { name, description, manage, networks, selfRotate, ...expiry } = form;
  if (manage.length === 0) throw invalidFields([{ pointer: '/manage', detail: 'Choose at least one scope.' }]);
  return parseForm(createTokenBodySchema, {
    ...{ name, description, service_account: serviceAccount, manage, self_rotate: selfRotate },
    ...newRuleFields({ ...emptyRuleForm, networks }),
    ...expiryFields(expiry),
  });
}

/** Returns the expiry choices of a management key: at most 366 days, whatever the policy of the organization allows. */
export function keyExpiryChoices(policy: ExpiryPolicyChoices, now: number) {
  const maxExpiry = Math.min(policy.maxExpiry ?? Number.POSITIVE_INFINITY, limits.maxKeyExpirySeconds);
  const defaultExpiry = policy.defaultExpiry === null ? null : Math.min(policy.defaultExpiry, maxExpiry);
  return expiryChoices({ maxExpiry, defaultExpiry }, now);
}
