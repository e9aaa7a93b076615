import type { ProblemError } from '../../../../shared/problem.ts';
import type { OfferedNames } from '../../../domain/offered-names.ts';
import { TextArea } from '../../shell/components/text-area.tsx';
import { listError } from '../../shell/form-problem.ts';
import { AddedNote } from '../trouble/added-note.tsx';
import type { AddedEntry } from '../trouble/allow-form.ts';
import { AppsField } from './apps-field.tsx';
import { emptyRuleForm, type RuleForm } from './rule-form.ts';

interface RuleFieldsProps {
  rules: RuleForm;
  offeredApps: OfferedNames;
  /** The problem for which the form was rejected. */
  problem: ProblemError | undefined;
  /** The entry that the form has in addition to the rules of the token. A note before its field says so. */
  added?: AddedEntry | undefined;
}

/** The fields for the rules of a token. They are folded away if the token has none. */
export function RuleFields({ rules, offeredApps, problem, added }: RuleFieldsProps) {
  const errors = {
    apps: listError(problem, 'apps'),
    allow: listError(problem, 'allow'),
    networks: listError(problem, 'networks'),
  };
  const isOpen = JSON.stringify(rules) !== JSON.stringify(emptyRuleForm) || Object.values(errors).some(Boolean);
  return (
    <details class="rules" open={isOpen}>
      <summary>Limit what it may do</summary>
      {added?.rule === 'apps' && <AddedNote {...added} />}
      <AppsField value={rules.apps} offered={offeredApps} error={errors.apps} />
      <label class="inline">
        <input type="checkbox" name="read_only" value="true" checked={rules.readOnly} />
        Allow only methods that change nothing, such as GET
      </label>
      {added?.rule === 'allow' && <AddedNote {...added} />}
      <TextArea
        label="Allowed requests (optional)"
        name="allow"
        rows={3}
        value={rules.allow}
        hint="Methods and a path, one per line, such as GET,HEAD /api/**. A * is one segment of a path, and ** at its end is any rest."
        error={errors.allow}
      />
      {added?.rule === 'networks' && <AddedNote {...added} />}
      <NetworksField value={rules.networks} error={errors.networks} />
      <label class="inline">
        <input type="checkbox" name="observe" value="true" checked={rules.observe} />
        Only record what these rules would deny, and deny nothing
      </label>
    </details>
  );
}

/** The field for the networks that requests may come from. A management key has no other rule. */
export function NetworksField({ value, error }: { value: string; error: string | undefined }) {
  return (
    <TextArea
      label="Networks (optional)"
      name="networks"
      rows={2}
      value={value}
      hint="Where requests may come from, one per line, such as 203.0.113.0/24."
      error={error}
    />
  );
}

/** The rules that the form was first shown with. An edit changes only the fields that differ from them. */
export function ShownRules({ rules }: { rules: RuleForm }) {
  return (
    <>
      <input type="hidden" name="shown_apps" value={rules.apps} />
      <input type="hidden" name="shown_allow" value={rules.allow} />
      <input type="hidden" name="shown_networks" value={rules.networks} />
      {rules.readOnly && <input type="hidden" name="shown_read_only" value="true" />}
      {rules.observe && <input type="hidden" name="shown_observe" value="true" />}
    </>
  );
}
