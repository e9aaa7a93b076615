import type { Child } from 'hono/jsx';
import { Alert, Confirmed, Field, FormToken, SearchField } from '../../../server/web/shell/components/form.tsx';
import { FormProblem } from '../../../server/web/shell/components/form-dialog.tsx';
import { descriptionOf, Labelled } from '../../../server/web/shell/components/labelled.tsx';
import { OfferedNamesField } from '../../../server/web/shell/components/offered-names-field.tsx';
import { AccountField, NewPasswordFields } from '../../../server/web/shell/components/password-fields.tsx';
import { PublicAddress } from '../../../server/web/shell/components/public-address.tsx';
import { TextArea } from '../../../server/web/shell/components/text-area.tsx';
import { CopyButton } from '../../../server/web/shell/components/value-dialog.tsx';
import { Icon } from '../../../server/web/shell/frame/icon.tsx';
import { ProblemError } from '../../../shared/problem.ts';

const looks = ['', 'primary', 'danger', 'quiet', 'quiet danger'];
/** What the screenshots do to the control in a cell. */
const states = ['normal', 'hover', 'focus-visible', 'disabled'] as const;

function Buttons() {
  return (
    <table class="sample states">
      <tr>
        <td />
        {states.map((state) => (
          <th scope="col">{state}</th>
        ))}
      </tr>
      {looks.map((look) => (
        <Row name={look || 'plain'}>
          {(disabled) => (
            <button type="button" class={look} disabled={disabled}>
              Rotate
            </button>
          )}
        </Row>
      ))}
      <Row name="icon">
        {(disabled) => (
          <button type="button" class="icon-button" aria-label="Actions" disabled={disabled}>
            <Icon name="kebab-horizontal" />
          </button>
        )}
      </Row>
      <Row name="field">{(disabled) => <input aria-label="Name" value="ci-pipeline" disabled={disabled} />}</Row>
      <Row name="select">
        {(disabled) => (
          <select aria-label="Expiry" disabled={disabled}>
            <option>30 days</option>
          </select>
        )}
      </Row>
      <Row name="checkbox">{(disabled) => <input type="checkbox" aria-label="Pick" checked disabled={disabled} />}</Row>
      <Row name="switch">
        {(disabled) => (
          <label class="switch">
            <input type="checkbox" aria-label="Permission" checked disabled={disabled} />
          </label>
        )}
      </Row>
      <Row name="link">{(disabled) => (disabled ? null : <a href="/nowhere">ci-pipeline</a>)}</Row>
    </table>
  );
}

function Row({ name, children: render }: { name: string; children: (disabled: boolean) => Child }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {states.map((state) => (
        <td data-state={state}>{render(state === 'disabled')}</td>
      ))}
    </tr>
  );
}

function Fields() {
  const choice = { label: 'Status', name: 'status', hint: 'Choose one.', error: undefined };
  const many = Array.from({ length: 40 }, (_, index) => `build-cache-${index}`);
  const apps = { label: 'Apps', name: 'apps', value: '', what: 'apps', command: 'tokens apps list', error: undefined };
  return (
    <form class="sample" method="get">
      <FormToken />
      <AccountField email="ada@example.com" />
      <Field label="Empty" name="empty" placeholder="Email or service-account:NAME" />
      <SearchField label="Search by name" name="q" value="ci" />
      <Field label="With a hint" name="hinted" value="ci-pipeline" hint="Say what will use the token." />
      <Field label="With an error" name="wrong" value="Ci" error="A token with this name exists." hint="A hint." />
      <Labelled {...choice}>
        <select id="status" {...descriptionOf(choice)}>
          <option>active</option>
        </select>
      </Labelled>
      <TextArea label="Lines" name="lines" value={'GET /api/**\nPOST /builds/*'} hint="One a line." />
      <TextArea label="Wrong lines" name="wrong-lines" value="FETCH /" error="FETCH is no method." />
      <OfferedNamesField {...apps} offered={{ names: ['grafana', 'wiki'], more: false }} hint="A few names." />
      <OfferedNamesField {...apps} name="more-apps" offered={{ names: many, more: true }} hint="Many names." />
      <NewPasswordFields name="password" errors={{ password: undefined, again: 'The passwords do not match.' }} />
      <fieldset>
        <legend>Expires</legend>
        {['In 30 days', 'Never'].map((text, index) => (
          <label class="inline">
            <input type="radio" name="expires" checked={index === 0} />
            {text}
          </label>
        ))}
      </fieldset>
      <label class="inline">
        <input type="checkbox" />
        Read-only
      </label>
      <p class="secret">
        <input id="copied" value="tok_8fK2b1Qz" readonly aria-label="Prefix" />
        <CopyButton of="copied" />
        <CopyButton of="copied" primary />
      </p>
    </form>
  );
}

function Messages() {
  const wrongFields = new ProblemError('invalid-fields', 'x', { errors: [{ pointer: '/name', detail: 'x' }] });
  return (
    <div class="sample">
      <Alert>The email address or the password is wrong.</Alert>
      <FormProblem problem={wrongFields} />
      <FormProblem problem={new ProblemError('name-taken', 'You have a token with this name.')} />
      <Confirmed>You confirmed that it is you. Send the form now.</Confirmed>
      <p class="note">A note.</p>
      <p class="note warning">What somebody should look at.</p>
      <p class="error">What is wrong with a field.</p>
      <PublicAddress />
    </div>
  );
}

/** Buttons, fields and messages in each state. */
export function Controls() {
  return (
    <>
      <h2>Controls and their states</h2>
      <Buttons />
      <h2>Forms</h2>
      <Fields />
      <h2>Messages</h2>
      <Messages />
    </>
  );
}
