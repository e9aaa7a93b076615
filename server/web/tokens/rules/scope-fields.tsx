import type { ProblemError } from '../../../../shared/problem.ts';
import { type Scope, scopeDescriptions, scopes } from '../../../../shared/scopes.ts';
import { listError } from '../../shell/form-problem.ts';
import { NetworksField } from './rule-fields.tsx';
import type { RuleForm } from './rule-form.ts';

interface ScopeFieldsProps {
  /** The chosen scopes. */
  chosen: readonly string[];
  error: string | undefined;
}

/** The scopes of a management key as checkboxes, each with what it allows. */
export function ScopeFields({ chosen, error }: ScopeFieldsProps) {
  return (
    <fieldset aria-describedby={error && 'manage-error'}>
      <legend>Scopes</legend>
      {scopes.map((scope) => (
        <label class="inline">
          <input type="checkbox" name="manage" value={scope} checked={chosen.includes(scope)} />
          <ScopeText scope={scope} />
        </label>
      ))}
      {error && (
        <p class="error" id="manage-error">
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** The name of a scope and one sentence on what it allows. */
export function ScopeText({ scope }: { scope: Scope }) {
  return (
    <span>
      <code>{scope}</code>
      <span class="sub">{scopeDescriptions[scope]}</span>
    </span>
  );
}

interface KeyFieldsProps {
  manage: readonly string[];
  /** The scopes that the form was shown with, separated by spaces. */
  shownManage: string;
  rules: RuleForm;
  /** The problem for which the form was rejected. */
  problem: ProblemError | undefined;
}

/** The fields that edit the scopes of a management key and its only rule. */
export function KeyFields({ manage, shownManage, rules, problem }: KeyFieldsProps) {
  return (
    <>
      <ScopeFields chosen={manage} error={listError(problem, 'manage')} />
      <input type="hidden" name="shown_manage" value={shownManage} />
      <NetworksField value={rules.networks} error={listError(problem, 'networks')} />
    </>
  );
}
