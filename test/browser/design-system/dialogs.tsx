import { Dialog } from '../../../server/web/shell/components/dialog.tsx';
import { Field } from '../../../server/web/shell/components/form.tsx';
import { ConfirmDialog, FormDialog } from '../../../server/web/shell/components/form-dialog.tsx';
import { ValueDialog } from '../../../server/web/shell/components/value-dialog.tsx';
import { ProblemError } from '../../../shared/problem.ts';

const wrong = new ProblemError('invalid-fields', 'x', { errors: [{ pointer: '/name', detail: 'x' }] });
const error = 'You have a token with this name. Choose another one.';

/** Each of these has a page of its own, because a modal dialog covers the page. The page of the design system shows them in frames. */
export const dialogs = {
  plain: () => (
    <Dialog title="Send an event again" closeHref="#">
      <p>The receiver gets the event once more.</p>
    </Dialog>
  ),
  form: () => (
    <FormDialog title="Edit token" closeHref="#" action="#" submit="Save">
      <Field label="Name" name="name" value="ci-pipeline" hint="Say what will use the token." />
    </FormDialog>
  ),
  'rejected form': () => (
    <FormDialog title="Create a token" closeHref="#" action="#" submit="Create token" problem={wrong}>
      <Field label="Name" name="name" value="ci-pipeline" error={error} />
    </FormDialog>
  ),
  confirmation: () => (
    <ConfirmDialog title="Revoke ci-pipeline?" closeHref="#" action="#" confirm="Revoke token" danger>
      <p>Requests that use it are denied from now on. This cannot be undone.</p>
    </ConfirmDialog>
  ),
  value: () => (
    <ValueDialog
      title="Save the value of ci-pipeline"
      label="Value"
      value="tok_8fK2b1QzXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
      doneHref="#"
      warning="It is shown only this once. Rotate the token if you lose it."
    />
  ),
};

export type DialogName = keyof typeof dialogs;
