import type { AppContext } from '../../http/context.ts';
import type { UserSummary } from '../../store/records.ts';
import { addressOf, kept, type Place } from '../shell/page-url.ts';
import { FormToken } from '../shell/parts.tsx';
import { memberPath } from './member-labels.ts';

export const permission = 'Can create and manage personal API tokens';

interface PermissionSwitchProps {
  c: AppContext;
  user: UserSummary;
  /** The page it is on, which both ways lead back to. */
  place: Place;
}

/** Turning it on acts at once; turning it off first opens the dialog that says what stops working. */
export function PermissionSwitch({ c, user, place }: PermissionSwitchProps) {
  if (user.canManageTokens) {
    return (
      <form method="get" action={place.path} autocomplete="off">
        {[...kept(place), ['dialog', 'ungrant'] as const, ['id', user.id] as const].map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <Control user={user} verb="Remove" />
      </form>
    );
  }
  return (
    <form method="post" action={`${memberPath(user.id)}/grant`} autocomplete="off">
      <FormToken c={c} />
      <input type="hidden" name="back" value={addressOf(place)} />
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
          // biome-ignore lint/a11y/useAriaPropsForRole: a check box has its state by itself
          role="switch"
          id={`permission-${user.id}`}
          checked={user.canManageTokens}
          autocomplete="off"
          data-submit
        />
        <span class="visually-hidden">
          {user.email}: {permission}
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
