import type { RuleFields } from '../../../../shared/schemas/tokens/rules.ts';
import { type AppNames, showRules } from '../../../domain/tokens/rules/shown-rules.ts';
import { linesOf, text } from '../../shell/form-values.ts';

/** The rules in a form, as the member entered them. A list that is empty means that there is no such rule. */
export interface RuleForm {
  /** Names of apps, separated by spaces, commas or line breaks; `-` for no app at all. */
  apps: string;
  readOnly: boolean;
  /** One line per entry. */
  allow: string;
  /** Networks, separated by spaces, commas or line breaks. */
  networks: string;
  observe: boolean;
}

/** A form with rules: the values that were entered, and those that it was first shown with. An edit changes only the fields that differ. */
export interface EditedRuleForm {
  rules: RuleForm;
  shownRules: RuleForm;
}

/** Stands for an empty list of apps, which denies every request. No app has this name. */
const noApp = '-';

export const emptyRuleForm: RuleForm = { apps: '', readOnly: false, allow: '', networks: '', observe: false };

/** Returns the form with the rules of a token. */
export function ruleFormOf(token: { rules: string | null }, names: AppNames): RuleForm {
  const { apps, readOnly, allow, networks, enforce } = showRules(token, names);
  return {
    apps: apps?.length === 0 ? noApp : (apps ?? []).join(' '),
    readOnly,
    allow: (allow ?? []).join('\n'),
    networks: (networks ?? []).join('\n'),
    observe: !enforce,
  };
}

/** Reads the posted fields. `prefix` is that of hidden fields with the values that the form was shown with. */
export function readRuleForm(form: Record<string, unknown>, prefix = ''): RuleForm {
  return {
    apps: text(form[`${prefix}apps`]),
    readOnly: form[`${prefix}read_only`] === 'true',
    allow: text(form[`${prefix}allow`]),
    networks: text(form[`${prefix}networks`]),
    observe: form[`${prefix}observe`] === 'true',
  };
}

/** Reads both sets of fields. Without the fields for rules, as in a form of the release before, the rules stay. */
export function readEditedRuleForm(form: Record<string, unknown>): EditedRuleForm {
  const shownRules = readRuleForm(form, 'shown_');
  // The form of a management key has networks only.
  const hasRules = typeof form.allow === 'string' || typeof form.networks === 'string';
  return { shownRules, rules: hasRules ? readRuleForm(form) : shownRules };
}

/** Converts a form for a new token to fields of its body. */
export function newRuleFields(form: RuleForm): RuleFields {
  return changedRuleFields({ rules: form, shownRules: emptyRuleForm });
}

/** Converts a form to the fields of an edit. Rules that stay are missing, so that a change by somebody else is not undone. */
export function changedRuleFields({ rules, shownRules }: EditedRuleForm): RuleFields {
  const list = (field: 'apps' | 'allow' | 'networks', entries: (text: string) => string[]) => {
    const [next, before] = [entries(rules[field]), entries(shownRules[field])];
    return next.join('\n') === before.join('\n') ? {} : { [field]: next.length === 0 ? null : next.filter(isEntry) };
  };
  return {
    ...list('apps', words),
    ...(rules.readOnly !== shownRules.readOnly && { read_only: rules.readOnly }),
    ...list('allow', linesOf),
    ...list('networks', words),
    ...(rules.observe !== shownRules.observe && { enforce: !rules.observe }),
  };
}

function isEntry(text: string): boolean {
  return text !== noApp;
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
