import type { OfferedNames } from '../../domain/offered-names.ts';
import { OfferedNamesField } from '../shell/components/offered-names-field.tsx';
import { serviceAccountsPath } from './service-account-paths.ts';

interface ServiceAccountFieldProps {
  label: string;
  name: string;
  value: string;
  /** The names of the existing service accounts. */
  offered: OfferedNames;
  hint: string;
  /** The text to show if there are none. */
  none: string;
  error: string | undefined;
  required?: boolean;
  autofocus?: boolean;
}

/** The field for the name of a service account. It lists the existing ones. */
export function ServiceAccountField({ none, ...field }: ServiceAccountFieldProps) {
  if (field.offered.names.length === 0 && field.value === '' && !field.error) {
    return (
      <p class="hint">
        {none} <a href={`${serviceAccountsPath}?dialog=create`}>Create a service account</a>
      </p>
    );
  }
  return <OfferedNamesField {...field} what="service accounts" command="tokens service-accounts list" />;
}
