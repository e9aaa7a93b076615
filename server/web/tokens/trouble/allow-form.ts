import { allowDenied } from '../../../domain/tokens/rules/allow-denied.ts';
import type { AppNames } from '../../../domain/tokens/rules/shown-rules.ts';
import { storeRules } from '../../../domain/tokens/rules/token-rules.ts';
import type { DeniedRequest, TokenRecord } from '../../../store/records.ts';
import { ruleFormOf } from '../rules/rule-form.ts';
import type { TokenChangeForm } from '../token-change-forms.ts';

/** The entry that a form has in addition to the rules of the token. */
export interface AddedEntry {
  rule: 'apps' | 'allow' | 'networks';
  /** As the field shows it. */
  entry: string;
  /** Whether lines replace the rule that allows only methods that change nothing. */
  replacesReadOnly: boolean;
}

/** Adds the entry that allows a denied request to the rules of a form. Without one, the form stays as it is. */
export function formThatAllows(
  form: TokenChangeForm,
  token: Pick<TokenRecord, 'rules'>,
  denied: DeniedRequest | undefined,
  names: AppNames,
): { form: TokenChangeForm; added?: AddedEntry } {
  const widened = denied === undefined ? null : allowDenied(token, denied);
  if (widened === null) return { form };
  const { rule, entry: stored } = widened.added;
  const entry = rule === 'apps' ? names.get(stored) : stored;
  // The app was deleted since.
  if (entry === undefined) return { form };
  const rules = ruleFormOf({ rules: storeRules(widened.rules) }, names);
  return { form: { ...form, rules }, added: { rule, entry, replacesReadOnly: widened.replacesReadOnly } };
}
