import type { UserRecord } from '../../../store/records.ts';
import { FormToken } from '../components/form.tsx';
import { usePage } from '../page-context.ts';
import { Icon, type IconName } from './icon.tsx';
import { searchKeyChoices, searchKeyPath } from './search-key.ts';
import { type Theme, themePath, themes } from './theme.ts';

const menuId = 'account';

const looks: Record<Theme, { label: string; icon: IconName }> = {
  system: { label: 'System', icon: 'device-desktop' },
  light: { label: 'Light', icon: 'sun' },
  dark: { label: 'Dark', icon: 'moon' },
};

/** The button with the member's initials, and its menu: profile, theme and sign out. The browser opens it without script. */
export function AccountMenu({ member: { email, name } }: { member: Pick<UserRecord, 'email' | 'name'> }) {
  return (
    <>
      <button type="button" class="avatar" popovertarget={menuId} aria-label={`Account of ${email}`}>
        {initials(name || email)}
      </button>
      <div id={menuId} class="menu" popover="auto">
        <p class="whose">
          {name && <strong>{name}</strong>}
          <span>{email}</span>
        </p>
        <a class="nav-item" href="/profile">
          <Icon name="person" />
          Profile
        </a>
        <ThemeForm />
        <SearchKeyForm />
        <form method="post" action="/logout">
          <FormToken />
          <button type="submit" class="nav-item">
            <Icon name="sign-out" />
            Sign out
          </button>
        </form>
      </div>
    </>
  );
}

function ThemeForm() {
  const { theme, path } = usePage();
  return (
    <form method="post" action={themePath}>
      <FormToken />
      <input type="hidden" name="next" value={path} />
      <fieldset class="themes">
        <legend>Theme</legend>
        {themes.map((choice) => (
          <button
            type="submit"
            class="nav-item"
            name="theme"
            value={choice}
            aria-pressed={choice === theme ? 'true' : 'false'}
          >
            <Icon name={looks[choice].icon} />
            {looks[choice].label}
          </button>
        ))}
      </fieldset>
    </form>
  );
}

function SearchKeyForm() {
  const { searchKey, path } = usePage();
  return (
    <form method="post" action={searchKeyPath}>
      <FormToken />
      <input type="hidden" name="next" value={path} />
      <fieldset class="themes">
        <legend>
          Search with the <kbd>/</kbd> key
        </legend>
        {searchKeyChoices.map((choice) => (
          <button
            type="submit"
            class="nav-item"
            name="key"
            value={choice}
            aria-pressed={(choice === 'on') === searchKey ? 'true' : 'false'}
          >
            {choice === 'on' ? 'On' : 'Off'}
          </button>
        ))}
      </fieldset>
    </form>
  );
}

/** Returns one or two letters for the avatar: of the first and last word of a name, or the start of an address. */
function initials(text: string): string {
  const words =
    text
      .split('@')[0]
      ?.split(/[\s._-]+/)
      .filter((word) => /^[\p{L}\p{N}]/u.test(word)) ?? [];
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toUpperCase() || '?';
}
