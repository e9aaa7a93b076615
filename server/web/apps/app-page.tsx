import type { Child } from 'hono/jsx';
import { formatDuration } from '../../../shared/times/duration.ts';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import type { AppRecord, StatusContext, TokenRecord } from '../../store/records.ts';
import { History, type HistoryPage } from '../audit/history/history.tsx';
import { Chips } from '../shell/components/clipped-text.tsx';
import { EmptyList } from '../shell/components/lists/empty-list.tsx';
import { ExactTime } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { type ObjectAction, ObjectHeading } from '../shell/object-heading.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';
import { allTokensPath } from '../tokens/all/all-tokens-paths.ts';
import { TokenList } from '../tokens/token-list.tsx';
import { appPath, appsPath } from './app-paths.ts';
import { AppUrl, Lines } from './apps-page.tsx';

interface AppPageProps {
  app: AppRecord;
  /** The newest tokens whose rules name the app. */
  tokens: TokenRecord[];
  /** Whether more tokens name it. */
  more: boolean;
  /** The names of the apps in the rules of the tokens. */
  names: AppNames;
  statusContext: StatusContext;
  history: HistoryPage;
  dialog?: Child;
}

/** One app: who may use it and how the proxy finds it, the tokens that are restricted to it, and its history. An auditor only reads it. */
export function AppPage(props: AppPageProps) {
  const { app, statusContext, history, dialog } = props;
  const path = appPath(app.id);
  return (
    <Layout title={app.name} section={appsPath}>
      <ObjectHeading
        back={{ href: appsPath, text: 'Back to the apps' }}
        name={app.name}
        actions={useMember().superuser ? actionsAt(path) : []}
      />
      <AppFacts app={app} now={statusContext.now} />
      <AppTokens {...props} />
      <History about="this app" auditQuery={{ target: app.id }} pageUrl={{ path, query: {} }} {...history} />
      {dialog}
    </Layout>
  );
}

function actionsAt(path: string): ObjectAction[] {
  return [
    { id: 'edit', href: `${path}?dialog=edit`, label: 'Edit' },
    { id: 'delete', href: `${path}?dialog=delete`, label: 'Delete', danger: true },
  ];
}

function AppFacts({ app, now }: { app: AppRecord; now: number }) {
  return (
    <dl class="facts">
      <dt>URL</dt>
      <dd>{app.url === null ? 'none' : <AppUrl url={app.url} />}</dd>
      <dt>Members who may use it</dt>
      <dd>
        {app.groups.length === 0 ? (
          'everyone'
        ) : (
          <>
            those in one of these groups: <Chips texts={app.groups} />
          </>
        )}
      </dd>
      <dt>Maximum expiry of tokens</dt>
      <dd>{app.maxExpirySeconds === null ? 'none' : formatDuration(app.maxExpirySeconds)}</dd>
      <dt>Path in the proxy&#39;s configuration</dt>
      <dd>
        <code>/verify/apps/{app.name}/…</code>
      </dd>
      <dt>Hosts</dt>
      <dd>{app.hosts.length === 0 ? 'none' : <Lines texts={app.hosts} />}</dd>
      <dt>CORS preflight requests</dt>
      <dd>{app.preflight === 'pass' ? 'reach the app without a token' : 'need a token'}</dd>
      <dt>Registered</dt>
      <dd>
        <ExactTime at={app.createdAt} now={now} />
      </dd>
    </dl>
  );
}

function AppTokens({ app, tokens, more, names, statusContext }: AppPageProps) {
  const all = formatUrl({ path: allTokensPath, query: { app: app.name } });
  return (
    <section aria-labelledby="tokens">
      <div class="heading">
        <h2 id="tokens">Tokens restricted to it</h2>
        {tokens.length > 0 && <a href={all}>Open in All tokens</a>}
      </div>
      {tokens.length === 0 ? (
        <EmptyList lead="No token is restricted to this app.">
          <p>Tokens whose rules name no app work for it as well.</p>
        </EmptyList>
      ) : (
        <TokenList
          caption={`Tokens restricted to ${app.name}`}
          tokens={tokens}
          names={names}
          statusContext={statusContext}
          withOwners
          actionsOf={null}
        />
      )}
      {more && (
        <p>
          <a href={all}>Show all tokens restricted to it</a>
        </p>
      )}
    </section>
  );
}
