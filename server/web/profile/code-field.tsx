import { Field } from '../shell/components/form.tsx';

/** The input for a code from an authenticator app. */
export function CodeField({ hint, autofocus = true }: { hint: string; autofocus?: boolean }) {
  return <Field label="Code" name="code" hint={hint} autocomplete="one-time-code" required autofocus={autofocus} />;
}
