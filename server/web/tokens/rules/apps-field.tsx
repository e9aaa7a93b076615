import type { OfferedNames } from '../../../domain/offered-names.ts';
import { OfferedNamesField } from '../../shell/components/offered-names-field.tsx';

interface AppsFieldProps {
  /** Names of apps, as the member entered them. */
  value: string;
  /** The apps that exist. */
  offered: OfferedNames;
  error: string | undefined;
}

/** The field for the apps that a token is restricted to. It lists the existing apps. */
export function AppsField({ value, offered, error }: AppsFieldProps) {
  if (offered.names.length === 0 && value === '' && !error) {
    return <p class="hint">No apps are registered. Once a superuser registers one, you can limit the token to it.</p>;
  }
  return (
    <OfferedNamesField
      label="Apps (optional)"
      name="apps"
      value={value}
      offered={offered}
      what="apps"
      command="tokens apps list"
      hint="Names of apps, separated by spaces. The token is denied everywhere else. Enter “-” to deny it everywhere. An app's maximum expiry applies to the token."
      error={error}
    />
  );
}
