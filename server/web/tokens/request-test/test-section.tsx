import type { ProblemError } from '../../../../shared/problem.ts';
import { conditionsOf, namesOfUnchecked } from '../../../../shared/tokens/unchecked-words.ts';
import type { TestedRequest } from '../../../domain/tokens/rules/request-tests/request-tests.ts';
import { Alert, Field, FormToken } from '../../shell/components/form.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { tokenPath } from '../token-paths.ts';
import { denyReasonWords } from '../trouble/deny-reasons.ts';
import { emptyTestForm, type TestForm } from './test-form.ts';

/** A request that the reader tested: what they entered, and the verdict or the problem. */
export interface ShownTest {
  form: TestForm;
  tested?: TestedRequest;
  problem?: ProblemError;
}

/** What the page shows before a request was tested. */
export const untested: ShownTest = { form: emptyTestForm };

/** The form that tests a request with a token without its value, and the verdict once it was sent. */
export function TestSection({ tokenId, test }: { tokenId: string; test: ShownTest }) {
  const { form, tested, problem } = test;
  const errors = fieldErrors(problem);
  const isNew = tested === undefined && problem === undefined;
  return (
    <section class="card request-test" id="test" aria-labelledby="test-heading">
      <h2 id="test-heading">Test a request</h2>
      <p>
        Nothing is sent or recorded, and the value is not needed: the request is only checked against this token's
        rules. Without an address or an app, rules about them are not checked, and the result says so.
      </p>
      {tested && <Verdict {...tested} />}
      {problem && <Alert>{problem.errors ? 'Nothing was tested. Correct the fields below.' : problem.message}</Alert>}
      <form method="post" action={`${tokenPath(tokenId)}/test#test`}>
        <FormToken />
        <div class="filters">
          <Field
            label="Method"
            name="method"
            value={form.method}
            error={errors.method}
            autocomplete="off"
            required
            autofocus={isNew}
          />
          <Field
            label="Path"
            name="path"
            value={form.path}
            error={errors.path}
            autocomplete="off"
            placeholder="/api/builds"
            required
          />
          <Field label="IP address (optional)" name="ip" value={form.ip} error={errors.ip} autocomplete="off" />
          <Field label="App (optional)" name="app" value={form.app} error={errors.app} autocomplete="off" />
          <button type="submit">Test</button>
        </div>
      </form>
    </section>
  );
}

/** The verdict, which receives the focus so that screen readers announce it. */
function Verdict({ verdict, rule, isConditional, notChecked }: TestedRequest) {
  const { allowed } = verdict;
  const wouldDeny = allowed ? verdict.wouldDeny : null;
  const kind = isConditional ? 'warning' : allowed ? 'success' : 'danger';
  const allowedWords = isConditional ? `Allowed, if ${conditionsOf(notChecked)}.` : 'Allowed.';
  return (
    <div class={`note ${kind}`} role="status" tabindex={-1} data-focus>
      <p>
        <strong>{allowed ? allowedWords : `Denied: ${denyReasonWords(verdict.reason)}.`}</strong>{' '}
        {wouldDeny === null && rule !== null && (
          <>
            Decided by <code>{rule}</code>
          </>
        )}
        {rule === null && allowed && notChecked.length === 0 && 'No rule had to allow it.'}
      </p>
      {notChecked.length > 0 && <p>Not checked: {namesOfUnchecked(notChecked)}.</p>}
      {wouldDeny !== null && (
        <p>
          Its rules are only recorded. If they were applied, the request would be denied: {denyReasonWords(wouldDeny)}
          {rule !== null && (
            <>
              , by <code>{rule}</code>
            </>
          )}
        </p>
      )}
    </div>
  );
}
