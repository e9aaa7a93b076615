import { maxSearchLength } from '../../../domain/search/search.ts';
import { searchPattern } from '../../../domain/search/secrets.ts';
import { searchPath } from '../../search/search-paths.ts';
import { usePage } from '../page-context.ts';
import { Icon } from './icon.tsx';

/**
 * The search in the top bar. It must not send the value of a token, because a value in an address ends up in the history of the browser
 * and in logs: `console.js` cuts a pasted value to its prefix, and without script the pattern of the field refuses it. The browser neither
 * remembers what was typed nor sends it to a spelling checker.
 */
export function SearchBox({ text = '', autofocus = false }: { text?: string | undefined; autofocus?: boolean }) {
  const { searchKey } = usePage();
  return (
    <search class="find">
      <form method="get" action={searchPath}>
        <Icon name="search" />
        <input
          type="search"
          id="find"
          name="q"
          value={text}
          autofocus={autofocus}
          aria-label="Search"
          placeholder="Search, or paste a prefix"
          maxlength={maxSearchLength}
          pattern={searchPattern}
          title="Names, addresses and prefixes. Never the value of a token."
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-keyshortcuts={searchKey ? '/' : undefined}
        />
        {searchKey && <kbd hidden>/</kbd>}
      </form>
    </search>
  );
}

/** Leads to the search in a narrow window, where the top bar has no room for it. */
export function SearchLink() {
  return (
    <a class="icon-button find-link" href={searchPath} aria-label="Search">
      <Icon name="search" />
    </a>
  );
}
