import { descriptionOf, Labelled } from './labelled.tsx';

interface TextAreaProps {
  label: string;
  name: string;
  value?: string | undefined;
  hint?: string | undefined;
  error?: string | undefined;
  rows?: number;
}

/** A list with one entry a line, such as names, with its label, hint and error. Browsers do not check its spelling. */
export function TextArea({ name, value, rows = 3, ...texts }: TextAreaProps) {
  const labelled = { name, ...texts };
  return (
    <Labelled {...labelled}>
      <textarea
        id={name}
        name={name}
        rows={rows}
        spellcheck={false}
        placeholder=" "
        autocapitalize="off"
        autocomplete="off"
        {...descriptionOf(labelled)}
      >
        {value}
      </textarea>
    </Labelled>
  );
}
