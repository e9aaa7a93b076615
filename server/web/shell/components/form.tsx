import type { PropsWithChildren } from 'hono/jsx';
import { formTokenField } from '../form-token.ts';
import { usePage } from '../page-context.ts';

/** The hidden form token. The server rejects a form that is posted without it. */
export function FormToken() {
  return <input type="hidden" name={formTokenField} value={usePage().formToken} />;
}

/** An error message above a form. It receives the focus, so that screen readers announce it. */
export function Alert({ children }: PropsWithChildren) {
  return (
    <p class="note danger" role="alert" tabindex={-1} data-focus>
      {children}
    </p>
  );
}

interface FieldProps {
  label: string;
  name: string;
  type?: string;
  value?: string | undefined;
  hint?: string | undefined;
  error?: string | undefined;
  required?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  maxlength?: number;
  min?: string | undefined;
  max?: string | undefined;
}

/** An input with its label, hint and error. */
export function Field({ label, name, hint, error, type = 'text', ...input }: FieldProps) {
  const descriptions = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={type}
        aria-describedby={descriptions || undefined}
        aria-invalid={error ? 'true' : undefined}
        {...input}
      />
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
