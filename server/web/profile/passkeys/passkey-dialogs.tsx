import type { ProblemError } from '../../../../shared/problem.ts';
import type { PasskeyRecord } from '../../../store/records.ts';
import { ConfirmDialog, FormDialog } from '../../shell/components/form-dialog.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { PasskeyNameField } from './passkey-name-field.tsx';
import { passkeysPath } from './passkeys-page.tsx';

/** The page behind the dialog has a field `name`. */
export const newNameField = 'new_name';

interface RenamePasskeyDialogProps {
  passkey: PasskeyRecord;
  /** What was typed, if the form was rejected. */
  name?: string | undefined;
  problem?: ProblemError | undefined;
}

export function RenamePasskeyDialog({ passkey, name, problem }: RenamePasskeyDialogProps) {
  return (
    <FormDialog
      title={`Rename the passkey ${passkey.name}`}
      closeHref={`${passkeysPath}#actions-${passkey.id}`}
      action={`${passkeysPath}/${passkey.id}/rename`}
      submit="Rename passkey"
      problem={problem}
    >
      <PasskeyNameField field={newNameField} value={name ?? passkey.name} error={fieldErrors(problem).name} />
    </FormDialog>
  );
}

interface RemovePasskeyDialogProps {
  passkey: PasskeyRecord;
  /** Whether the member then has no second factor. */
  isLast: boolean;
  problem?: ProblemError | undefined;
}

/** Asks for confirmation before a passkey is removed. */
export function RemovePasskeyDialog({ passkey, isLast, problem }: RemovePasskeyDialogProps) {
  return (
    <ConfirmDialog
      title={`Remove the passkey ${passkey.name}?`}
      closeHref={`${passkeysPath}#actions-${passkey.id}`}
      action={`${passkeysPath}/${passkey.id}/remove`}
      confirm="Remove passkey"
      problem={problem}
      danger
    >
      <p>
        It can no longer sign in to your account. Delete it on your device too, so that the device does not offer it.
      </p>
      {isLast && <p>It is your last second factor. Your password alone is then enough to sign in.</p>}
    </ConfirmDialog>
  );
}
