import { raw } from 'hono/html';
import type { PropsWithChildren } from 'hono/jsx';
import { assetUrl } from './assets.ts';
import { Icon } from './frame/icon.tsx';
import { Navigation } from './frame/navigation.tsx';
import { TopBar } from './frame/top-bar.tsx';
import type { ShownMessage } from './messages/messages.ts';
import { usePage } from './page-context.ts';

interface LayoutProps {
  title: string;
  /** Path of the current section. `''` shows the navigation without a current one; undefined shows none. */
  section?: string;
  /** Reports the change that the page itself made. After a redirect, the message comes from `PageContext`. */
  success?: string | undefined;
  /** The text of the search, on the page with its results. */
  search?: string;
  /** `narrow` for a page with a single form. */
  width?: 'narrow' | 'wide';
  /** Whether the times of the page stay in UTC. Otherwise the script changes them to the time zone of the browser. */
  utc?: boolean;
  /** URL that the browser opens next without a click. */
  refreshTo?: string;
}

/** The HTML document around every page: head, navigation, account menu and messages. */
export function Layout({
  title,
  section,
  search,
  success,
  width,
  utc = false,
  refreshTo,
  children,
}: PropsWithChildren<LayoutProps>) {
  const { organization, member, notice, message, theme, seesServiceAccounts } = usePage();
  const reported = success === undefined ? message : { text: success, isWarning: false };
  // Only the page after sign-out has `refreshTo`. The request began with a session, which it then ended.
  const signedIn = refreshTo === undefined ? member : null;
  const navigated = signedIn !== null && section !== undefined;
  return (
    <>
      {raw('<!DOCTYPE html>')}
      <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content={theme === 'system' ? 'light dark' : theme} />
          {refreshTo !== undefined && <meta http-equiv="refresh" content={`0;url=${refreshTo}`} />}
          <title>{`${title} · ${organization ?? 'tokens'}`}</title>
          <link rel="icon" href={assetUrl('icon.svg')} />
          <link rel="stylesheet" href={assetUrl('console.css')} />
          {/* The browser waits for the script, which changes times, before it shows the page. Otherwise the page would move. */}
          <script type="module" blocking="render" src={assetUrl('console.js')} />
        </head>
        <body class={bodyClass(navigated, search)}>
          <a class="skip" href="#main">
            Skip to content
          </a>
          <TopBar member={signedIn} navigated={navigated} search={search} />
          {navigated && <Navigation current={section} reader={{ member: signedIn, seesServiceAccounts }} />}
          <main id="main" class={width} tabindex={-1}>
            {notice !== undefined && (
              <p class="note warning" role="status">
                {notice}
              </p>
            )}
            {children}
            {navigated && (
              <p class="zone" data-zone={utc ? undefined : ''}>
                Times are in UTC.
              </p>
            )}
          </main>
          {reported !== undefined && <ChangeMessage {...reported} />}
        </body>
      </html>
    </>
  );
}

/** The page with the results of a search shows the field in narrow windows as well. */
function bodyClass(navigated: boolean, search: string | undefined): string | undefined {
  if (!navigated) return undefined;
  return search === undefined ? 'with-side' : 'with-side searching';
}

/** Reports a completed change, in space that is reserved for it, so that nothing moves. */
function ChangeMessage({ text, isWarning }: ShownMessage) {
  const { path } = usePage();
  return (
    <section class={isWarning ? 'message warning' : 'message'} aria-label="Message">
      <p role="status" tabindex={-1} data-focus>
        {text}
      </p>
      <a class="icon-button" href={path} aria-label="Dismiss this message" data-dismiss>
        <Icon name="x" />
      </a>
    </section>
  );
}
