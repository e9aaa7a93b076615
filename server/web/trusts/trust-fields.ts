import type { ProblemError } from '../../../shared/problem.ts';
import { parseDuration } from '../../../shared/times/duration.ts';
import { invalidFields } from '../../http/validate.ts';
import { listError } from '../shell/form-problem.ts';
import { linesOf } from '../shell/form-values.ts';

/** The fields about tokens that both forms of a trust have, as they were entered. */
export interface TrustLimits {
  audience: string;
  /** How long a token works: a duration such as `15m`. */
  ttl: string;
  apps: string;
  allow: string;
}

export const claimsHint =
  'NAME=TEXT, one a line, such as sub=repo:acme/api:*. A claim must match exactly; a final * after / or : matches any rest.';

/** Returns seconds. Text that is not a duration becomes NaN, which the schema rejects. */
export function ttlSeconds(text: string): number {
  return parseDuration(text.trim()) ?? Number.NaN;
}

/** Splits each line at the first `=`, because a text may contain others. @throws ProblemError `invalid-fields` */
export function readClaimLines(lines: string): Record<string, string> {
  const claims = linesOf(lines).map((line): [string, string] => {
    const [, name = '', value = ''] = /^([^=]+)=(.+)$/.exec(line) ?? [];
    return name === '' ? rejectField('claims', `Enter NAME=TEXT instead of “${line}”.`) : [name.trim(), value.trim()];
  });
  const names = claims.map(([name]) => name);
  if (new Set(names).size < names.length)
    rejectField('claims', 'A claim is named twice. A trust compares each with one text.');
  return Object.fromEntries(claims);
}

/** @throws ProblemError `invalid-fields` */
export function rejectField(field: string, detail: string): never {
  throw invalidFields([{ pointer: `/${field}`, detail }]);
}

/** Returns a function that returns the properties of an input by the name of its field. */
export function inputsOf<Name extends string>(
  fields: Readonly<Record<Name, string>>,
  problem: ProblemError | undefined,
) {
  return (name: Name) => ({ name, value: fields[name], error: listError(problem, name), autocomplete: 'off' });
}
