import { limits } from '../../../../shared/limits.ts';
import { Field } from './form.tsx';

/** A hidden field that tells password managers which account the new password belongs to. */
export function AccountField({ email }: { email: string }) {
  return <input type="email" name="username" value={email} autocomplete="username" hidden readonly />;
}

interface NewPasswordFieldsProps {
  /** Name of the field of the new password. The repetition is named `again`. */
  name: 'password' | 'new';
  label?: string;
  errors: Record<string, string | undefined>;
  autofocus?: boolean;
}

/** The fields in which a member enters a new password twice. */
export function NewPasswordFields({ name, label = 'New password', errors, autofocus = false }: NewPasswordFieldsProps) {
  return (
    <>
      <Field
        label={label}
        name={name}
        type="password"
        error={errors[name]}
        hint={`Use at least ${limits.minPasswordCharacters} characters. Very common passwords are rejected.`}
        autocomplete="new-password"
        required
        autofocus={autofocus}
      />
      <Field
        label={`Confirm ${label.toLowerCase()}`}
        name="again"
        type="password"
        error={errors.again}
        autocomplete="new-password"
        required
      />
    </>
  );
}
