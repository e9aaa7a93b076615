import { count } from '../../../../shared/count.ts';
import type { ProblemError } from '../../../../shared/problem.ts';
import type { Omission, Suggestion } from '../../../domain/tokens/rules/suggest/suggest.ts';
import { minSuggestionUses } from '../../../domain/tokens/usage/suggestion.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { Dialog } from '../../shell/components/dialog.tsx';
import { Alert, FormToken } from '../../shell/components/form.tsx';
import { tokenPath } from '../token-paths.ts';
import { isNarrowing, isObserved, narrowForm } from './narrow-form.ts';
import { shownDays } from './usage-section.tsx';

const ruleNames: Record<Omission['rule'], string> = {
  apps: 'apps',
  read_only: 'methods',
  allow: 'methods and paths',
  networks: 'networks',
};

const reasons: Record<Omission['reason'], string> = {
  'no-app': 'some requests were for no app',
  'deleted-app': 'an app that was used no longer exists',
  'unknown-method': 'the proxy did not send the method of some requests',
  'unknown-path': 'the proxy did not send the path of some requests',
  'ambiguous-path': 'a path was used that rules deny, or one that is too long',
  'unknown-network': "the proxy did not send the client's address of some requests",
  'too-many': 'there are too many values',
  'present-rule': 'the present rule is narrower',
};

interface NarrowDialogProps {
  token: TokenRecord;
  suggestion: Suggestion;
  /** Why the rules could not be set. */
  problem?: ProblemError | undefined;
}

/** Shows the rules that the recorded uses suggest, and asks whether to set them. */
export function NarrowDialog({ token, suggestion, problem }: NarrowDialogProps) {
  const closeHref = `${tokenPath(token.id)}#narrow`;
  const form = narrowForm(suggestion);
  return (
    <Dialog title={`Limit “${token.name}” to what it used`} closeHref={closeHref}>
      {problem && <Alert>{problem.message}</Alert>}
      <form method="post" action={`${tokenPath(token.id)}/narrow`}>
        <FormToken />
        <p>
          {isNarrowing(suggestion)
            ? `These rules would have denied none of its ${count(suggestion.uses, 'use')} in the last ${shownDays} days. ${effectOn(token)}`
            : `Its ${count(suggestion.uses, 'use')} in the last ${shownDays} days suggest no rule.`}
        </p>
        <RuleTable suggestion={suggestion} />
        {suggestion.apps && <p class="hint">The maximum expiry of an app may shorten the token's life.</p>}
        {suggestion.omitted.map(({ rule, reason }) => (
          <p class="hint">
            No rule for {ruleNames[rule]}: {reasons[reason]}.
          </p>
        ))}
        {Object.entries(form).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <div class="actions">
          <a class="button" href={closeHref} autofocus>
            Cancel
          </a>
          {isNarrowing(suggestion) && (
            <button type="submit" class="primary">
              Set these rules
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function effectOn(token: TokenRecord): string {
  return isObserved(token)
    ? 'They replace all present rules, and deny nothing until you enforce them.'
    : 'They deny all other requests, and replace present rules of the same kind.';
}

function RuleTable({ suggestion }: { suggestion: Suggestion }) {
  const { covers } = suggestion;
  if (covers.length === 0) return null;
  return (
    <table class="list">
      <caption>The suggested rules, and the uses that each covers, including earlier ones</caption>
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col">Uses</th>
        </tr>
      </thead>
      <tbody>
        {covers.map(({ rule, uses }) => (
          <tr>
            <th scope="row">
              <RuleText rule={rule} suggestion={suggestion} />
            </th>
            <td data-label="Uses">{uses.toLocaleString('en')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RuleText({ rule, suggestion }: { rule: string; suggestion: Suggestion }) {
  if (rule === 'read_only') return <>Only methods that change nothing</>;
  if (suggestion.apps?.includes(rule)) return <>App {rule}</>;
  return <span class="mono">{suggestion.networks?.includes(rule) ? `From ${rule}` : rule}</span>;
}

/** Says that there are too few uses, and offers to suggest rules anyway. */
export function TooFewUsesDialog({ token }: { token: TokenRecord }) {
  const closeHref = `${tokenPath(token.id)}#narrow`;
  return (
    <Dialog title={`Limit “${token.name}” to what it used`} closeHref={closeHref}>
      <p>
        {`The token has fewer than ${minSuggestionUses} recorded uses in the last ${shownDays} days. Rules from so few uses may deny requests that it needs.`}
      </p>
      <div class="actions">
        <a class="button" href={closeHref} autofocus>
          Cancel
        </a>
        <a class="button" href={`${tokenPath(token.id)}?dialog=narrow&force=true`}>
          Suggest rules anyway
        </a>
      </div>
    </Dialog>
  );
}
