import type { ProblemError } from '../../../shared/problem.ts';
import { Field } from '../shell/components/form.tsx';
import { ConfirmDialog, FormDialog } from '../shell/components/form-dialog.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import type { ClientForm } from './client-form.ts';
import { clientPath, clientsPath } from './client-paths.ts';

interface ClientDialogProps {
  /** The client that the form edits. Undefined: the form creates a client. */
  client?: { id: string; name: string } | undefined;
  closeHref: string;
  form: ClientForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form that creates or edits an OAuth client. */
export function ClientDialog({ client, closeHref, form, problem }: ClientDialogProps) {
  const { canRevoke, canReport, shown } = form;
  return (
    <FormDialog
      title={client ? `Edit ${client.name}` : 'Create a client'}
      closeHref={closeHref}
      action={client ? `${clientPath(client.id)}/edit` : clientsPath}
      submit={client ? 'Save' : 'Create client'}
      problem={problem}
      unchanged={client ? 'Nothing was changed.' : 'Nothing was created.'}
    >
      {shown && <input type="hidden" name="shown" value="yes" />}
      {shown?.canRevoke && <input type="hidden" name="shown_can_revoke" value="yes" />}
      {shown?.canReport && <input type="hidden" name="shown_can_report" value="yes" />}
      {!client && (
        <Field
          label="Name"
          name="name"
          value={form.name}
          error={fieldErrors(problem).name}
          hint="What asks about tokens, for example api-gateway. Mails and the audit log show it. You cannot change it later."
          autocomplete="off"
          required
          autofocus={problem === undefined}
        />
      )}
      <p>Every client can ask whether a token works and whose it is.</p>
      <label class="inline">
        <input type="checkbox" name="can_revoke" value="yes" checked={canRevoke} />
        <span>Let it revoke tokens</span>
      </label>
      <label class="inline">
        <input type="checkbox" name="can_report" value="yes" checked={canReport} />
        <span>Let it report leaked values, as a scanner does</span>
      </label>
    </FormDialog>
  );
}

interface AskDialogProps {
  client: { id: string; name: string };
  closeHref: string;
}

/** Asks before the secret of a client is replaced. */
export function RotateSecretDialog({ client, closeHref }: AskDialogProps) {
  return (
    <ConfirmDialog
      title={`Rotate the secret of ${client.name}?`}
      closeHref={closeHref}
      action={`${clientPath(client.id)}/rotate-secret`}
      confirm="Rotate secret"
    >
      <p>
        The old secret stops working immediately. Until the client has the new one, its requests are denied, and it
        cannot accept any token.
      </p>
    </ConfirmDialog>
  );
}

/** Asks before a client is deleted. */
export function DeleteClientDialog({ client, closeHref }: AskDialogProps) {
  return (
    <ConfirmDialog
      title={`Delete ${client.name}?`}
      closeHref={closeHref}
      action={`${clientPath(client.id)}/delete`}
      confirm="Delete client"
      danger
    >
      <p>Its secret stops working immediately, so the client can accept no token anymore. You cannot undo this.</p>
    </ConfirmDialog>
  );
}
