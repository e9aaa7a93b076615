import { raw } from 'hono/html';
import type { Child, PropsWithChildren } from 'hono/jsx';
import type { AppContext } from '../../http/context.ts';
import { assetUrl } from './assets.ts';
import { FormToken } from './parts.tsx';

interface LayoutProps {
  c: AppContext;
  title: string;
  organization: string | null;
  /** The path of the tab that is shown. */
  tab?: string;
  /** What was just done, announced to screen readers. */
  done?: string | undefined;
  /** `narrow` for a single form. */
  width?: 'narrow' | 'wide';
  /** Where the browser goes on to by itself. */
  refreshTo?: string;
}

const tabs = {
  Profile: [
    ['/profile', 'Profile'],
    ['/profile/api-tokens', 'API Tokens'],
  ],
  Organization: [
    ['/organization/team', 'Team'],
    ['/organization/audit', 'Audit'],
  ],
} as const;

/** The frame of every page. */
export function Layout({
  c,
  title,
  organization,
  tab,
  done,
  width,
  refreshTo,
  children,
}: PropsWithChildren<LayoutProps>) {
  // Whoever is led away has just signed out.
  const caller = refreshTo === undefined ? c.get('caller') : undefined;
  return (
    <>
      {raw('<!DOCTYPE html>')}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          {refreshTo !== undefined && <meta http-equiv="refresh" content={`0;url=${refreshTo}`} />}
          <title>{`${title} · ${organization ?? 'tokens'}`}</title>
          <link rel="icon" href={assetUrl('icon.svg')} />
          <link rel="stylesheet" href={assetUrl('console.css')} />
          <script type="module" src={assetUrl('console.js')} />
        </head>
        <body>
          <a class="skip" href="#main">
            Skip to the content
          </a>
          <header class="top">
            <a class="brand" href="/">
              {organization ?? 'tokens'}
            </a>
            {caller && (
              <form class="who" method="post" action="/logout">
                <FormToken c={c} />
                <span class="email">{caller.user.email}</span>
                <button type="submit" class="quiet">
                  Sign out
                </button>
              </form>
            )}
          </header>
          {caller && tab !== undefined && <Tabs tab={tab} superuser={caller.user.superuser} />}
          <main id="main" class={width} tabindex={-1}>
            <Done text={done} />
            {children}
          </main>
        </body>
      </html>
    </>
  );
}

function Tabs({ tab, superuser }: { tab: string; superuser: boolean }) {
  const groups = superuser ? (['Profile', 'Organization'] as const) : (['Profile'] as const);
  return (
    <nav class="tabs" aria-label="Sections">
      {groups.map((group) => (
        <ul aria-label={group}>
          {tabs[group].map(([href, label]) => (
            <li>
              <a href={href} aria-current={href === tab ? 'page' : undefined}>
                {label}
              </a>
            </li>
          ))}
        </ul>
      ))}
    </nav>
  );
}

function Done({ text }: { text: Child | undefined }) {
  if (text === undefined) return null;
  return (
    <p class="note success" role="status" tabindex={-1} data-focus>
      {text}
    </p>
  );
}
