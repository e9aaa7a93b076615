import { limits } from '../../../../shared/limits.ts';
import { Field } from '../../shell/components/form.tsx';

interface PasskeyNameFieldProps {
  /** Name of the form field, which is its ID as well. A page can have two such fields. */
  field?: string;
  value: string;
  error?: string | undefined;
}

/** The name of a passkey. */
export function PasskeyNameField({ field = 'name', value, error }: PasskeyNameFieldProps) {
  return (
    <Field
      label="Name"
      name={field}
      value={value}
      error={error}
      hint="For example the device, or the place where you keep the security key."
      maxlength={limits.maxNameCodePoints}
      autocomplete="off"
      required
    />
  );
}
