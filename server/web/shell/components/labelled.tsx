import type { Child } from 'hono/jsx';

interface LabelledProps {
  label: string;
  name: string;
  hint?: Child;
  error?: string | undefined;
  children?: Child;
}

/**
 * A label, the input that is the child, and its hint and error. Give the input this name as its ID, and the attributes that
 * `descriptionOf` returns.
 */
export function Labelled({ label, name, hint, error, children }: LabelledProps) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
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

/** Returns the attributes with which an input refers to its hint and error. */
export function descriptionOf({ name, hint, error }: Pick<LabelledProps, 'name' | 'hint' | 'error'>) {
  const descriptions = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return {
    'aria-describedby': descriptions || undefined,
    'aria-invalid': error ? ('true' as const) : undefined,
  };
}
