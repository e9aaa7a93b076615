interface TextAreaProps {
  label: string;
  name: string;
  value?: string | undefined;
  hint?: string | undefined;
  error?: string | undefined;
  rows?: number;
}

/** A list with one entry a line, such as names, with its label, hint and error. Browsers look for no spelling mistakes in it. */
export function TextArea({ label, name, value, hint, error, rows = 3 }: TextAreaProps) {
  const descriptions = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <textarea
        id={name}
        name={name}
        rows={rows}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        aria-describedby={descriptions || undefined}
        aria-invalid={error ? 'true' : undefined}
      >
        {value}
      </textarea>
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="error" id={`${name}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
