import type { Child } from 'hono/jsx';
import { formatDuration } from '../../../shared/times/duration.ts';
import type { AppRecord } from '../../store/records.ts';
import { ClippedText } from '../shell/components/clipped-text.tsx';
import { EmptyList, NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Icon } from '../shell/frame/icon.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { appPath, appsPath } from './app-paths.ts';

interface AppsPageProps {
  apps: AppRecord[];
  /** URL of this page, with `?cursor`. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  dialog?: Child;
}

/** All apps, newest first. */
export function AppsPage({ apps, pageUrl, nextCursor, dialog }: AppsPageProps) {
  return (
    <Layout title="Apps" section={appsPath}>
      <div class="heading">
        <h1>Apps</h1>
        {useMember().superuser && (
          <a class="button primary" id="add" href={formatUrl(pageUrl, { dialog: 'add' })}>
            Register an app
          </a>
        )}
      </div>
      <p>Apps are the applications that your proxy protects. Members see only their names and URLs.</p>
      {pageUrl.query.name !== undefined && <NameChip name={pageUrl.query.name} />}
      {apps.length > 0 ? <AppTable apps={apps} /> : <NoApps name={pageUrl.query.name} />}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}

function NoApps({ name }: { name: string | undefined }) {
  if (name !== undefined) return <NothingMatches lead={`There is no app ${name}.`} clearHref={appsPath} />;
  return (
    <EmptyList lead="There are no apps.">
      <p>
        Every active token is accepted on every route of the proxy.{' '}
        {useMember().superuser ? 'Register an app' : 'A superuser registers an app'} to limit tokens to it.
      </p>
    </EmptyList>
  );
}

/** The name that a search led to. Removing it shows all apps. */
function NameChip({ name }: { name: string }) {
  return (
    <ul class="chips" aria-label="Filters">
      <li>
        <a class="chip" href={appsPath} aria-label={`Remove the filter: Name: ${name}`}>
          <bdi>{`Name: ${name}`}</bdi>
          <Icon name="x" />
        </a>
      </li>
    </ul>
  );
}

function AppTable({ apps }: Pick<AppsPageProps, 'apps'>) {
  return (
    <table class="list brief">
      <caption class="visually-hidden">Apps, newest first</caption>
      <thead>
        <tr>
          {['App', 'Groups', 'Hosts', 'Maximum expiry'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
          <th scope="col" class="rare">
            Preflight
          </th>
        </tr>
      </thead>
      <tbody>
        {apps.map((app) => (
          <tr>
            <th scope="row">
              <a href={appPath(app.id)}>
                <bdi>{app.name}</bdi>
              </a>
              {app.url !== null && (
                <span class="sub">
                  <AppUrl url={app.url} />
                </span>
              )}
            </th>
            <td data-label="Groups" class="words second">
              <span class="on-phone">For </span>
              {app.groups.length === 0 ? 'everyone' : <Lines texts={app.groups} />}
            </td>
            <td data-label="Hosts" class="words">
              {app.hosts.length === 0 ? '–' : <Lines texts={app.hosts} />}
            </td>
            <td data-label="Maximum expiry">
              {app.maxExpirySeconds === null ? 'none' : formatDuration(app.maxExpirySeconds)}
            </td>
            <td data-label="Preflight" class="rare">
              {app.preflight}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A link to an app, unless the stored text is not a web address. Then a click could run a script. */
export function AppUrl({ url }: { url: string }) {
  const text = <ClippedText text={url} />;
  return /^https?:\/\//i.test(url) ? (
    <a href={url} rel="noreferrer">
      {text}
    </a>
  ) : (
    text
  );
}

/** Texts from outside, one a line. */
export function Lines({ texts }: { texts: readonly string[] }) {
  return (
    <>
      {texts.map((text) => (
        <div>
          <ClippedText text={text} />
        </div>
      ))}
    </>
  );
}
