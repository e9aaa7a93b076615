import type { Child } from 'hono/jsx';
import { gitHubIssuer } from '../../../shared/schemas/trust-shortcuts.ts';
import { readClaims } from '../../domain/machines/trust-fields.ts';
import { type AppNames, showRules } from '../../domain/tokens/rules/shown-rules.ts';
import type { ListedTrust, StatusContext, TokenRecord } from '../../store/records.ts';
import { History, type HistoryPage } from '../audit/history/history.tsx';
import { serviceAccountPath, serviceAccountsPath } from '../service-accounts/service-account-paths.ts';
import { ConfirmDialog } from '../shell/components/form-dialog.tsx';
import { EmptyList } from '../shell/components/lists/empty-list.tsx';
import { ExactTime } from '../shell/components/time.tsx';
import { CopyButton } from '../shell/components/value-dialog.tsx';
import { Layout } from '../shell/layout.tsx';
import { type ObjectAction, ObjectHeading } from '../shell/object-heading.tsx';
import { readsAll, useMember, usePage } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';
import { allTokensPath } from '../tokens/all/all-tokens-paths.ts';
import { formatLifetime } from '../tokens/expiry-choices.ts';
import { RuleFacts } from '../tokens/rules/rule-facts.tsx';
import { TokenList } from '../tokens/token-list.tsx';
import { trustPath, trustsPath } from './trust-paths.ts';
import { Claims } from './trust-table.tsx';

interface TrustPageProps {
  trust: ListedTrust;
  /** The names of the apps in its rules. */
  names: AppNames;
  /** The newest tokens that jobs received under it. */
  tokens: TokenRecord[];
  statusContext: StatusContext;
  history: HistoryPage;
  dialog?: Child;
}

/**
 * One trust: which identity tokens it accepts, which tokens jobs get for them, and its history. Auditors and maintainers only
 * read it.
 */
export function TrustPage({ trust, names, tokens, statusContext, history, dialog }: TrustPageProps) {
  const { publicUrl } = usePage();
  const { superuser } = useMember();
  const readsTrusts = readsAll(useMember());
  return (
    <Layout title={trust.name} section={readsTrusts ? trustsPath : serviceAccountsPath}>
      <ObjectHeading
        back={
          readsTrusts
            ? { href: trustsPath, text: 'Back to the trusts' }
            : { href: serviceAccountPath(trust.serviceAccountId), text: `Back to ${trust.serviceAccount}` }
        }
        name={trust.name}
        actions={superuser ? actionsAt(trustPath(trust.id)) : []}
      />
      {!readsTrusts && <p>Organization Superusers change and delete trusts.</p>}
      {isOpenToAllBranches(trust) && (
        <p class="note warning">
          Every workflow of this repository may get a token, on every branch: whoever can push to any branch has access.{' '}
          {superuser
            ? 'Edit it, and add a claim such as environment=production or ref=refs/heads/main.'
            : 'Ask an Organization Superuser to limit it to an environment or a branch.'}
        </p>
      )}
      <h2>Identity tokens</h2>
      <dl class="facts">
        <dt>Issuer</dt>
        <dd>
          <bdi>{trust.issuer}</bdi>
        </dd>
        <dt>Audience</dt>
        <dd>{trust.audience === null ? `${publicUrl} (the address of this server)` : <bdi>{trust.audience}</bdi>}</dd>
        <dt>Claims</dt>
        <dd>
          <Claims trust={trust} />
        </dd>
      </dl>
      <h2>Tokens that jobs get for them</h2>
      <dl class="facts">
        <dt>Owner</dt>
        <dd>
          <a href={serviceAccountPath(trust.serviceAccountId)}>{trust.serviceAccount}</a> · service account
        </dd>
        <dt>Work for</dt>
        <dd>{formatLifetime(trust.ttlSeconds)}</dd>
        <RuleFacts rules={showRules(trust, names)} isKey={false} />
        <dt>Trust created</dt>
        <dd>
          <ExactTime at={trust.createdAt} now={statusContext.now} />
        </dd>
      </dl>
      <TrustTokens trust={trust} names={names} tokens={tokens} statusContext={statusContext} />
      <div class="heading">
        <h2>Use it</h2>
        <span>
          <CopyButton of="command" label="Copy the command" />
        </span>
      </div>
      <p>In the job, run this command. It finds the identity token of the job and prints the value of a token.</p>
      <pre id="command">{`tokens exchange --server ${publicUrl} --trust ${trust.name}`}</pre>
      <History
        about="this trust"
        auditQuery={{ target: trust.id }}
        pageUrl={{ path: trustPath(trust.id), query: {} }}
        {...history}
      />
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

/** The newest tokens that jobs received. Superusers and auditors get a link to all that jobs received for the service account. */
function TrustTokens({ trust, tokens, ...rest }: Pick<TrustPageProps, 'trust' | 'names' | 'tokens' | 'statusContext'>) {
  const query = { owner: `service-account:${trust.serviceAccount}`, exchanged: 'true' };
  return (
    <section aria-labelledby="tokens">
      <div class="heading">
        <h2 id="tokens">Newest tokens</h2>
        {tokens.length > 0 && readsAll(useMember()) && (
          <a href={formatUrl({ path: allTokensPath, query })}>All that jobs received for {trust.serviceAccount}</a>
        )}
      </div>
      {tokens.length === 0 ? (
        <EmptyList lead="No job has a token under this trust." />
      ) : (
        <TokenList
          caption={`Tokens that jobs received under ${trust.name}`}
          tokens={tokens}
          {...rest}
          actionsOf={null}
        />
      )}
    </section>
  );
}

/** Reports whether any workflow of a GitHub repository gets a token, whatever its branch. */
function isOpenToAllBranches(trust: ListedTrust): boolean {
  const claims = readClaims(trust);
  return trust.issuer === gitHubIssuer && !['ref', 'environment', 'sub'].some((name) => Object.hasOwn(claims, name));
}

/** Asks before a trust is deleted. */
export function DeleteTrustDialog({ trust }: { trust: ListedTrust }) {
  return (
    <ConfirmDialog
      title={`Delete ${trust.name}?`}
      closeHref={`${trustPath(trust.id)}#delete`}
      action={`${trustPath(trust.id)}/delete`}
      confirm="Delete trust"
      danger
    >
      <p>
        Jobs get no tokens under it anymore, and the tokens that they have are revoked. You cannot undo this, but you
        can create a trust of this name again.
      </p>
    </ConfirmDialog>
  );
}
