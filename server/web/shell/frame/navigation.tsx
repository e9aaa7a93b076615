import { usePage } from '../page-context.ts';
import { Icon } from './icon.tsx';
import { type Reader, sectionsFor } from './sections.ts';

/** ID of the navigation, which is a popover in narrow windows. */
const navigationId = 'sections';

/**
 * The navigation beside the page. In a narrow window it is a drawer, which the browser itself opens and closes as a popover,
 * so that it needs no script.
 */
export function Navigation({ current, reader }: { current: string; reader: Reader }) {
  return (
    <nav id={navigationId} class="side" popover="auto" aria-label="Sections">
      <Wordmark />
      {sectionsFor(reader).map(({ heading, sections }) => (
        <>
          <h2 id={`sections-${heading}`}>{heading}</h2>
          <ul aria-labelledby={`sections-${heading}`}>
            {sections.map(({ path, label, icon }) => (
              <li>
                <a class="nav-item" href={path} aria-current={path === current ? 'page' : undefined}>
                  <Icon name={icon} />
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </>
      ))}
    </nav>
  );
}

/** Opens the drawer. Hidden in wide windows, where the navigation is beside the page. */
export function NavigationButton() {
  return (
    <button type="button" class="icon-button drawer-button" popovertarget={navigationId} aria-label="Sections">
      <Icon name="three-bars" />
    </button>
  );
}

/** The name of the organization, which leads to the start page. */
export function Wordmark() {
  const { organization } = usePage();
  return (
    <a class="wordmark" href="/">
      <span class="mark">
        <Icon name="key-asterisk" />
      </span>
      <span class="name">{organization ?? 'tokens'}</span>
    </a>
  );
}
