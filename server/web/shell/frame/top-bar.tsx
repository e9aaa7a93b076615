import type { UserRecord } from '../../../store/records.ts';
import { AccountMenu } from './account-menu.tsx';
import { NavigationButton, Wordmark } from './navigation.tsx';
import { SearchBox, SearchLink } from './search-box.tsx';

interface TopBarProps {
  /** The signed-in member; null for a visitor. */
  member: UserRecord | null;
  /** Whether the page has the navigation beside it, and so the search above it. */
  navigated: boolean;
  /** The text of the search, on the page with its results. */
  search: string | undefined;
}

/** The bar above every page. */
export function TopBar({ member, navigated, search }: TopBarProps) {
  return (
    <header class="top">
      {navigated && <NavigationButton />}
      <Wordmark />
      {navigated && <SearchBox text={search} autofocus={search === ''} />}
      {navigated && <SearchLink />}
      {member && <AccountMenu member={member} />}
    </header>
  );
}
