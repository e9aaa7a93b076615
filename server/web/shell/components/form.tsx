import type { Child, PropsWithChildren } from 'hono/jsx';
import { filterPattern } from '../../../domain/search/secrets.ts';
import { formTokenField } from '../form-token.ts';
import { usePage } from '../page-context.ts';
import { descriptionOf, Labelled } from './labelled.tsx';

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

/** Says above a form that the member has just confirmed who they are. It receives the focus, so that screen readers announce it. */
export function Confirmed({ children }: PropsWithChildren) {
  return (
    <p class="note success" role="status" tabindex={-1} data-focus>
      {children}
    </p>
  );
}

interface FieldProps {
  label: string;
  name: string;
  type?: string;
  value?: string | undefined;
  hint?: Child;
  error?: string | undefined;
  required?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  placeholder?: string;
  maxlength?: number;
  min?: string | undefined;
  max?: string | undefined;
  pattern?: string;
  title?: string;
  spellcheck?: boolean;
  autocapitalize?: 'none';
}

/**
 * A search field, in a form whose address contains the typed text. It must not send the value of a token: `console.js` cuts a
 * pasted value to its prefix, and without script the pattern refuses it.
 */
export function SearchField(field: FieldProps) {
  return (
    <Field
      type="search"
      pattern={filterPattern}
      title="Never the value of a token."
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
      {...field}
    />
  );
}

/** An input with its label, hint and error. */
export function Field({ label, name, hint, error, type = 'text', ...input }: FieldProps) {
  const labelled = { label, name, hint, error };
  return (
    <Labelled {...labelled}>
      <input id={name} name={name} type={type} {...descriptionOf(labelled)} {...input} />
    </Labelled>
  );
}
