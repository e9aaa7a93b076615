import type { OfferedApps } from '../../../domain/apps/apps.ts';
import { descriptionOf, Labelled } from '../../shell/components/labelled.tsx';

interface AppsFieldProps {
  /** Names of apps, as the member entered them. */
  value: string;
  /** The apps that exist. */
  offered: OfferedApps;
  error: string | undefined;
}

/** With more names, the list is folded away. */
const maxNamesInSight = 12;

/** The field for the apps that a token is restricted to. It lists the apps there are. */
export function AppsField({ value, offered, error }: AppsFieldProps) {
  if (offered.names.length === 0 && value === '' && !error) {
    return <p class="hint">No apps are registered. Once a superuser registers one, you can limit the token to it.</p>;
  }
  const field = {
    label: 'Apps (optional)',
    name: 'apps',
    hint: "Names of apps, separated by spaces. The token is denied everywhere else. Enter “-” to deny it everywhere. An app's maximum expiry applies to the token.",
    error,
  };
  return (
    <Labelled {...field}>
      <input
        id="apps"
        name="apps"
        type="text"
        value={value}
        {...descriptionOf(field)}
        autocomplete="off"
        list="app-names"
      />
      <datalist id="app-names">
        {offered.names.map((name) => (
          <option value={name} />
        ))}
      </datalist>
      <Names {...offered} />
    </Labelled>
  );
}

function Names({ names, more }: OfferedApps) {
  if (names.length === 0) return null;
  const list = (
    <ul class="names" aria-label="Registered apps">
      {names.map((name) => (
        <li>{name}</li>
      ))}
    </ul>
  );
  if (names.length <= maxNamesInSight) return list;
  return (
    <details>
      <summary class="hint">{more ? `The first ${names.length} apps` : `All ${names.length} apps`}</summary>
      {list}
      {more && (
        <p class="hint">
          Run <code>tokens apps list</code> to see the others.
        </p>
      )}
    </details>
  );
}
