import type { OfferedNames } from '../../domain/offered-names.ts';
import { descriptionOf, Labelled } from '../shell/components/labelled.tsx';
import { OfferedNamesField } from '../shell/components/offered-names-field.tsx';
import { serviceAccountsPath } from './service-account-paths.ts';

interface ServiceAccountFieldProps {
  label: string;
  name: string;
  value: string;
  /** The names of the existing service accounts. */
  offered: OfferedNames;
  hint: string;
  /** What an empty field stands for, as the first option of a short list. */
  empty: string;
  /** The choice of a short list that stands for no service account. If it is given, the member must choose, and the empty option is no answer. */
  nobody?: { value: string; label: string };
  error: string | undefined;
  required?: boolean;
  autofocus?: boolean;
}

/** With more names, the member types one instead of choosing it from a list. */
const maxOptions = 12;

/** The field for the name of a service account. There may be none, a few that a list offers, or many. */
export function ServiceAccountField({ none, ...field }: ServiceAccountFieldProps & { none: string }) {
  if (field.offered.names.length === 0 && field.value === '' && !field.error) {
    return (
      <p class="hint">
        {none} <a href={`${serviceAccountsPath}?dialog=create`}>Create a service account</a>
      </p>
    );
  }
  return <ServiceAccountChoice {...field} />;
}

/** Reports whether the names are too many for a list. */
export function isLongList({ names, more }: OfferedNames): boolean {
  return more || names.length > maxOptions;
}

/** A list of a few service accounts, or an input that completes the names of many. */
export function ServiceAccountChoice({ empty, nobody, ...field }: ServiceAccountFieldProps) {
  const { name, value, offered, label, hint, error, ...input } = field;
  if (isLongList(offered)) {
    return <OfferedNamesField {...field} what="service accounts" command="tokens service-accounts list" />;
  }
  // A name that the member may not choose stays in the form, beside the error about it.
  const isOffered = value === '' || value === nobody?.value || offered.names.includes(value);
  const names = isOffered ? offered.names : [...offered.names, value];
  return (
    <Labelled {...{ label, name, hint, error }}>
      <select
        id={name}
        name={name}
        required={nobody !== undefined}
        {...descriptionOf({ name, hint, error })}
        {...input}
      >
        <option value="" selected={value === ''}>
          {empty}
        </option>
        {nobody && (
          <option value={nobody.value} selected={value === nobody.value}>
            {nobody.label}
          </option>
        )}
        {names.map((account) => (
          <option value={account} selected={account === value}>
            {account} · service account
          </option>
        ))}
      </select>
    </Labelled>
  );
}
