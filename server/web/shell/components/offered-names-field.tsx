import type { OfferedNames } from '../../../domain/offered-names.ts';
import { descriptionOf, Labelled } from './labelled.tsx';

interface OfferedNamesFieldProps {
  label: string;
  name: string;
  /** The text that the member entered. */
  value: string;
  /** The names that the browser and a list below the input offer. */
  offered: OfferedNames;
  /** The kind of things that have these names, in the plural. */
  what: string;
  /** The command that lists all of them. */
  command: string;
  hint: string;
  error: string | undefined;
  required?: boolean;
  autofocus?: boolean;
}

/** With more names, the list is folded away. */
const maxNamesInSight = 12;

/** An input for names of which there may be many. */
export function OfferedNamesField(props: OfferedNamesFieldProps) {
  const { label, name, value, offered, what, command, hint, error, ...input } = props;
  const labelled = { label, name, hint, error };
  return (
    <Labelled {...labelled}>
      <input
        id={name}
        name={name}
        type="text"
        value={value}
        {...descriptionOf(labelled)}
        {...input}
        autocomplete="off"
        placeholder=" "
        list={`${name}-names`}
      />
      <datalist id={`${name}-names`}>
        {offered.names.map((offer) => (
          <option value={offer} />
        ))}
      </datalist>
      <Names {...offered} what={what} command={command} />
    </Labelled>
  );
}

function Names({ names, more, what, command }: OfferedNames & Pick<OfferedNamesFieldProps, 'what' | 'command'>) {
  if (names.length === 0) return null;
  const list = (
    <ul class="names" aria-label={`Names of ${what}`}>
      {names.map((name) => (
        <li>{name}</li>
      ))}
    </ul>
  );
  if (names.length <= maxNamesInSight) {
    return <div class="offered hint">You can enter: {list}</div>;
  }
  return (
    <details>
      <summary class="hint">{more ? `${names.length} of all ${what}` : `All ${names.length} ${what}`}</summary>
      {list}
      {more && (
        <p class="hint">
          Run <code>{command}</code> to see the others.
        </p>
      )}
    </details>
  );
}
