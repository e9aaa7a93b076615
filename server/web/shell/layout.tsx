import { raw } from 'hono/html';
import type { PropsWithChildren } from 'hono/jsx';
import type { UserRecord } from '../../store/records.ts';
import { assetUrl } from './assets.ts';
import { FormToken } from './components/form.tsx';
import { usePage } from './page-context.ts';

interface LayoutProps {
  title: string;
  /** Path of the current tab. `''` shows the tabs without a current one; undefined shows no tabs. */
  tab?: string;
  /** Reports a completed change; screen readers announce it. */
  success?: string | undefined;
  /** `narrow` for a page with a single form. */
  width?: 'narrow' | 'wide';
  /** URL that the browser opens next without a click. */
  refreshTo?: string;
}

const serviceAccountsPath = '/organization/service-accounts';

const tabs = {
  Profile: [
    ['/profile', 'Profile'],
    ['/profile/api-tokens', 'API Tokens'],
  ],
  Organization: [
    ['/organization/overview', 'Overview'],
    ['/organization/team', 'Team'],
    [serviceAccountsPath, 'Service accounts'],
    ['/organization/trusts', 'Trusts'],
    ['/organization/apps', 'Apps'],
    ['/organization/webhooks', 'Webhooks'],
    ['/organization/audit', 'Audit'],
  ],
} as const;

/** The HTML document around every page: head, account bar, tabs and success message. */
export function Layout({ title, tab, success, width, refreshTo, children }: PropsWithChildren<LayoutProps>) {
  const { organization, member, notice } = usePage();
  // Only the page after sign-out has `refreshTo`. The request began with a session, which it then ended.
  const signedIn = refreshTo === undefined ? member : null;
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
            Skip to content
          </a>
          <header class="top">
            <a class="brand" href="/">
              {organization ?? 'tokens'}
            </a>
            {signedIn && <AccountBar email={signedIn.email} />}
          </header>
          {signedIn && tab !== undefined && <Tabs current={tab} member={signedIn} />}
          <main id="main" class={width} tabindex={-1}>
            {notice !== undefined && (
              <p class="note warning" role="status">
                {notice}
              </p>
            )}
            {success !== undefined && (
              <p class="note success" role="status" tabindex={-1} data-focus>
                {success}
              </p>
            )}
            {children}
          </main>
        </body>
      </html>
    </>
  );
}

function AccountBar({ email }: { email: string }) {
  return (
    <form class="who" method="post" action="/logout">
      <FormToken />
      <span class="email">{email}</span>
      <button type="submit" class="quiet">
        Sign out
      </button>
    </form>
  );
}

/** The tabs that an auditor does not see. */
const superuserPaths: readonly string[] = ['/organization/trusts', '/organization/webhooks'];

function Tabs({ current, member: { superuser, auditor } }: { current: string; member: UserRecord }) {
  const { seesServiceAccounts } = usePage();
  const groups =
    superuser || auditor || seesServiceAccounts ? (['Profile', 'Organization'] as const) : (['Profile'] as const);
  const isShown = (path: string) =>
    superuser ||
    (auditor && !superuserPaths.includes(path)) ||
    path === serviceAccountsPath ||
    !path.startsWith('/organization/');
  return (
    <nav class="tabs" aria-label="Sections">
      {groups.map((group) => (
        <ul aria-label={group}>
          {tabs[group]
            .filter(([href]) => isShown(href))
            .map(([href, label]) => (
              <li>
                <a href={href} aria-current={href === current ? 'page' : undefined}>
                  {label}
                </a>
              </li>
            ))}
        </ul>
      ))}
    </nav>
  );
}
