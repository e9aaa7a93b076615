import type { UserSummary } from '../../store/records.ts';
import { FormToken } from '../shell/components/form.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl, queryEntries } from '../shell/page-url.ts';
import { permissionLabel } from './member-labels.ts';
import { memberPath } from './team-paths.ts';

interface PermissionSwitchProps {
  user: UserSummary;
  /** The page that contains the switch. Both forms return to it. */
  pageUrl: PageUrl;
}

/** Grants the permission immediately, or opens a dialog that asks for confirmation before removing it. An auditor only reads it. */
export function PermissionSwitch({ user, pageUrl }: PermissionSwitchProps) {
  if (!useMember().superuser) return <>{user.canManageTokens ? 'yes' : 'no'}</>;
  if (user.canManageTokens) {
    return (
      <form method="get" action={pageUrl.path} autocomplete="off">
        {[...queryEntries(pageUrl), ['dialog', 'ungrant'] as const, ['id', user.id] as const].map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <Control user={user} verb="Remove" />
      </form>
    );
  }
  return (
    <form method="post" action={`${memberPath(user.id)}/grant`} autocomplete="off">
      <FormToken />
      <input type="hidden" name="back" value={formatUrl(pageUrl)} />
      <Control user={user} verb="Grant" />
    </form>
  );
}

function Control({ user, verb }: { user: UserSummary; verb: string }) {
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          // biome-ignore lint/a11y/useAriaPropsForRole: a checkbox exposes its state without aria-checked
          role="switch"
          id={`permission-${user.id}`}
          checked={user.canManageTokens}
          autocomplete="off"
          data-submit
        />
        <span class="visually-hidden">
          {user.email}: {permissionLabel}
        </span>
      </label>
      <noscript>
        <button type="submit" class="quiet">
          {verb}
          <span class="visually-hidden"> the permission of {user.email}</span>
        </button>
      </noscript>
    </>
  );
}
