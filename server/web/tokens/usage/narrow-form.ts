import { type EditTokenBody, editTokenBodySchema } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { SuggestedRules } from '../../../domain/tokens/rules/suggest/suggest.ts';
import { parseRules } from '../../../domain/tokens/rules/token-rules.ts';
import { linesOf, parseForm, text } from '../../shell/form-values.ts';

/** The suggested rules as hidden fields: one entry a line. A rule that is not suggested is empty. */
export function narrowForm({ apps, readOnly, allow, networks }: SuggestedRules): Record<string, string> {
  const lines = (entries: readonly string[] | null) => (entries ?? []).join('\n');
  return { apps: lines(apps), read_only: String(readOnly), allow: lines(allow), networks: lines(networks) };
}

export function isNarrowing({ apps, readOnly, allow, networks }: SuggestedRules): boolean {
  return readOnly || [apps, allow, networks].some((rule) => rule !== null);
}

/** Reports whether the rules of a token are only observed. */
export function isObserved({ rules }: { rules: string | null }): boolean {
  return rules !== null && !parseRules(rules).enforce;
}

/**
 * Converts the posted form to the body of an edit that sets the rules that were shown. Other rules stay, unless they are only
 * observed: those may deny a recorded use, so they are removed. @throws ProblemError `invalid-fields`
 */
export function narrowBody(form: Record<string, unknown>, token: { rules: string | null }): EditTokenBody {
  const replacesAll = isObserved(token);
  const lists = (['apps', 'allow', 'networks'] as const).map((name) => [name, linesOf(text(form[name]))] as const);
  return parseForm(editTokenBodySchema, {
    ...(replacesAll && { apps: null, read_only: false, allow: null, networks: null }),
    ...Object.fromEntries(lists.filter(([, list]) => list.length > 0)),
    ...(form.read_only === 'true' && { read_only: true }),
  });
}
