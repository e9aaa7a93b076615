import { limits } from '../../../../shared/limits.ts';
import { Field } from '../../shell/components/form.tsx';

/** The name of a passkey. */
export function PasskeyNameField({ value, error }: { value: string; error?: string | undefined }) {
  return (
    <Field
      label="Name"
      name="name"
      value={value}
      error={error}
      hint="For example the device, or the place where you keep the security key."
      maxlength={limits.maxNameCodePoints}
      autocomplete="off"
      required
    />
  );
}
