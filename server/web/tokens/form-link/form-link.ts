import { limits } from '../../../../shared/limits.ts';
import { normalizeName } from '../../../../shared/names.ts';
import { type FieldError, ProblemError } from '../../../../shared/problem.ts';
import { redact } from '../../../../shared/redact.ts';
import { parseDuration } from '../../../../shared/times/duration.ts';
import type { NewTokenFields } from '../../../domain/tokens/changes/check-new.ts';
import { problemsOfRules } from '../../../domain/tokens/rules/token-rules.ts';
import { linesOf } from '../../shell/form-values.ts';
import { type CreateTokenForm, createTokenBody, expiryFields } from '../create-token-form.ts';
import { newRuleFields } from '../rules/rule-form.ts';
import { formPath } from './form-path.ts';

/** The parameters of a link, which are the options of `tokens create` with underscores. They are as stable as the API. */
const parameters = [
  'name',
  'description',
  'expires',
  'app',
  'read_only',
  'allow',
  'from',
  'service_account',
  'self_rotate',
] as const;
type Parameter = (typeof parameters)[number];

const repeatable: readonly Parameter[] = ['app', 'allow', 'from'];

/** A sign-in leads back to an address of at most 2,000 characters. Members who must sign in first would lose a longer one. */
export const maxLinkCharacters = 2000;

/** The fields of the body that a parameter sets, as the problems of the API name them. */
const pointers: Record<Parameter, readonly string[]> = {
  name: ['name'],
  description: ['description'],
  expires: ['expires_in', 'expires_at'],
  app: ['apps'],
  read_only: ['read_only'],
  allow: ['allow'],
  from: ['networks'],
  service_account: ['service_account'],
  self_rotate: ['self_rotate'],
};

/** The result of reading a link: the form, and its mistakes. */
export interface FilledForm {
  form: CreateTokenForm;
  /** The parameters of the link whose values are in the form. */
  filled: ReadonlySet<string>;
  /** The parameters and values of the link that the form does not know. */
  errors: FieldError[];
  /** The errors of the link as a whole. */
  mistakes: string[];
}

/** Fills in the form with the parameters of a link. A value that the form does not know leaves its field as it is. */
export function readFormLink(search: string, empty: CreateTokenForm): FilledForm {
  const query = new URLSearchParams(search);
  const filled = new Set<Parameter>();
  const form: CreateTokenForm = { ...empty, rules: { ...empty.rules } };
  if (search.length > maxLinkCharacters) {
    return { form, filled, errors: [], mistakes: [`The link is longer than ${maxLinkCharacters} characters.`] };
  }
  const mistakes = unknownParameters(query);
  for (const name of parameters) {
    const values = query.getAll(name);
    if (values.length === 0) continue;
    const problem = valueProblem(name, values);
    if (problem === null) {
      fill[name](form, values);
      filled.add(name);
    } else mistakes.push(problem);
  }
  return { form, filled, errors: problemsOfFilled(form, filled), mistakes };
}

function unknownParameters(query: URLSearchParams): string[] {
  const unknown = [...new Set(query.keys())].filter((name) => !(parameters as readonly string[]).includes(name));
  if (unknown.length === 0) return [];
  const shown = unknown
    .slice(0, 5)
    .map((name) => (/^[\w-]{1,40}$/.test(name) && redact(name) === name ? name : 'an unreadable one'));
  return [
    `The link has ${unknown.length === 1 ? 'a parameter' : 'parameters'} that this form does not know: ${shown.join(', ')}.`,
  ];
}

function valueProblem(name: Parameter, values: readonly string[]): string | null {
  if (values.some((value) => redact(value) !== value))
    return 'The link must not contain a token value or another secret.';
  if (values.length > 1 && !repeatable.includes(name)) return `The link has the parameter ${name} more than once.`;
  const [value = ''] = values;
  if ((name === 'read_only' || name === 'self_rotate') && value !== 'true' && value !== 'false')
    return `The link has a value for ${name} that is neither true nor false.`;
  if (name === 'expires' && expiryOf(value) === null)
    return 'The link has an expiry that this form does not accept. It accepts 90d, 2027-01-31, 2027-01-31T12:00:00Z or never.';
  return null;
}

type Fill = (form: CreateTokenForm, values: readonly string[]) => void;

const fill: Record<Parameter, Fill> = {
  name: (form, [value = '']) => Object.assign(form, { name: value }),
  description: (form, [value = '']) => Object.assign(form, { description: value }),
  expires: (form, [value = '']) => Object.assign(form, expiryOf(value)),
  app: ({ rules }, values) => Object.assign(rules, { apps: values.join(' ') }),
  read_only: ({ rules }, [value]) => Object.assign(rules, { readOnly: value === 'true' }),
  allow: ({ rules }, values) => Object.assign(rules, { allow: values.join('\n') }),
  from: ({ rules }, values) => Object.assign(rules, { networks: values.join('\n') }),
  service_account: (form, [value = '']) => Object.assign(form, { serviceAccount: value }),
  self_rotate: (form, [value]) => Object.assign(form, { selfRotate: value === 'true' }),
};

/** Returns the choice of an expiry that `--expires` names, or null for another text. */
function expiryOf(text: string): Pick<CreateTokenForm, 'expires' | 'date'> | null {
  if (text === 'never') return { expires: 'never', date: '' };
  const seconds = parseDuration(text);
  if (seconds !== null) return seconds > limits.maxExpirySeconds ? null : { expires: String(seconds), date: '' };
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return { expires: 'date', date: text };
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)))
    return { expires: text, date: '' };
  return null;
}

/** Returns the errors that the API would report about the fields that the link filled in. Other fields are still empty. */
function problemsOfFilled(form: CreateTokenForm, filled: ReadonlySet<Parameter>): FieldError[] {
  return ofFilled(errorsOf(form), filled);
}

/** Returns those of the errors that are about parameters of the link. */
export function ofFilled(errors: readonly FieldError[], filled: ReadonlySet<string>): FieldError[] {
  const named = new Set(parameters.filter((name) => filled.has(name)).flatMap((name) => pointers[name]));
  return errors.filter(({ pointer }) => named.has(pointer.split('/')[1] ?? ''));
}

/** Returns those fields of a body that a creation compares with existing tokens and apps. Leaves out unusable ones. */
export function comparedFields(form: CreateTokenForm): NewTokenFields {
  const { name, serviceAccount, selfRotate } = form;
  const { apps } = newRuleFields(form.rules);
  return {
    ...(name !== '' && { name: normalizeName(name) }),
    ...(serviceAccount !== '' && { service_account: serviceAccount }),
    ...(apps !== undefined && { apps }),
    ...(selfRotate && { self_rotate: true }),
    ...usableExpiry(form),
  };
}

function usableExpiry(form: CreateTokenForm): ReturnType<typeof expiryFields> | object {
  try {
    return expiryFields(form);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return {};
  }
}

/** Returns the errors of all fields of the form. */
function errorsOf(form: CreateTokenForm): readonly FieldError[] {
  const { allow, networks } = form.rules;
  const ofRules = problemsOfRules({
    allow: allow === '' ? null : linesOf(allow),
    networks: networks === '' ? null : wordsOf(networks),
  });
  try {
    createTokenBody(form);
    return ofRules;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return [...(error.errors ?? []), ...ofRules];
  }
}

/** Returns which choices of a form keep it from having a link. A link without them would fill in the form for another token. */
export function choicesWithoutLink({ canary, quietNetworks, rules }: CreateTokenForm): string[] {
  return [
    ...(canary ? ['A link cannot make a canary. Clear “Make it a canary” to get a link.'] : []),
    ...(rules.observe
      ? [
          'A link cannot leave out the enforcement of rules. Clear “Only record what these rules would deny” to get a link.',
        ]
      : []),
    ...(quietNetworks ? ['A link cannot turn off the mail about new networks. Clear that choice to get a link.'] : []),
  ];
}

/** Returns the path and query of the link that fills in a form like this one. It carries only what differs from an empty form. */
export function formLink(form: CreateTokenForm): string {
  const { rules } = form;
  const entries: Array<[Parameter, string]> = [
    ['name', form.name],
    ['description', form.description],
    ['expires', form.expires === 'date' ? form.date : linkedExpiry(form.expires)],
    ...wordsOf(rules.apps).map((app): [Parameter, string] => ['app', app]),
    ['read_only', rules.readOnly ? 'true' : ''],
    ...linesOf(rules.allow).map((line): [Parameter, string] => ['allow', line]),
    ...wordsOf(rules.networks).map((network): [Parameter, string] => ['from', network]),
    ['service_account', form.serviceAccount],
    ['self_rotate', form.selfRotate ? 'true' : ''],
  ];
  const search = new URLSearchParams(entries.filter(([, value]) => value !== ''));
  return search.size === 0 ? formPath : `${formPath}?${search}`;
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function linkedExpiry(expires: string): string {
  return /^\d+$/.test(expires) ? `${expires}s` : expires;
}
