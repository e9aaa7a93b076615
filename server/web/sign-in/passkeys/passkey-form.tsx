import type { PropsWithChildren } from 'hono/jsx';
import { assetUrl } from '../../shell/assets.ts';
import { FormToken } from '../../shell/components/form.tsx';

export const passkeySignInPath = '/login/passkey';

interface PasskeyFormProps {
  /** Path that the response of the browser is posted to. */
  action: string;
  /** The script requests its options from `/options` below this path. By default, that is `action`. */
  optionsPath?: string;
  /** Whether the browser makes a passkey, or uses one. */
  makes?: boolean;
  submit: string;
  class?: string;
  primary?: boolean;
}

/**
 * A form for which the browser asks for a passkey. Without script, it is posted without one, and the server says that passkeys need
 * JavaScript.
 */
export function PasskeyForm({
  action,
  optionsPath,
  makes = false,
  submit,
  primary = false,
  children,
  ...props
}: PropsWithChildren<PasskeyFormProps>) {
  return (
    <form
      method="post"
      action={action}
      class={props.class}
      data-passkey={makes ? 'create' : 'get'}
      data-options={optionsPath}
    >
      <FormToken />
      <input type="hidden" name="response" value="" />
      {children}
      <p class="note danger" role="alert" data-passkey-problem hidden />
      <div class="actions">
        <button type="submit" class={primary ? 'primary' : undefined}>
          {submit}
        </button>
      </div>
      <script type="module" src={assetUrl('passkeys.js')} />
    </form>
  );
}
