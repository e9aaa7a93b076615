import { limits } from '../../../../shared/limits.ts';
import { TextArea } from '../../shell/components/text-area.tsx';
import { permissionLabel } from '../member-labels.ts';
import type { InviteForm } from './invite-form.ts';

/** The fields of the form that invites several members. */
export function InviteFields({ form, error }: { form: InviteForm; error?: string | undefined }) {
  return (
    <>
      <TextArea
        label="Email addresses"
        name="addresses"
        value={form.addresses}
        rows={6}
        error={error}
        hint={`Separate them with commas, spaces or new lines. Ada Lovelace <ada@example.com> adds a name. At most ${limits.maxInvitees} at once.`}
      />
      <label class="inline">
        <input type="checkbox" name="can_manage_tokens" value="yes" checked={form.canManageTokens} />
        <span>
          {permissionLabel}
          <span class="sub">Without it, they sign in but create no tokens. You can grant it later.</span>
        </span>
      </label>
    </>
  );
}
