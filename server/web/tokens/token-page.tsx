import type { Child } from 'hono/jsx';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import type { Usage } from '../../domain/tokens/usage/usage.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { History, type HistoryPage } from '../audit/history/history.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { offeredActions } from './list/token-actions.ts';
import { type ShownTest, TestSection } from './request-test/test-section.tsx';
import { TokenFacts } from './token-facts.tsx';
import { listOfToken, tokenPath } from './token-paths.ts';
import { DeniedRequests } from './trouble/denied-requests.tsx';
import { resumerOf } from './trouble/deny-reasons.ts';
import { TroubleNotes } from './trouble/trouble.tsx';
import { UsageSection } from './usage/usage-section.tsx';
import { TwoValues } from './value/two-values.tsx';

interface TokenPageProps {
  token: TokenRecord;
  /** Whether the reader owns the token, or maintains the service account that owns it. */
  actsAsOwner: boolean;
  /** The names of the apps in its rules. */
  names: AppNames;
  statusContext: StatusContext;
  usage: Usage;
  history: HistoryPage;
  /** A request that the reader tests or tested. */
  test?: ShownTest | undefined;
  /** The change that was just made. */
  dialog?: Child;
}

/**
 * One token: what is wrong with it, the facts about it, and its actions. Superusers also see the tokens of others, and auditors
 * only read them.
 */
export function TokenPage(props: TokenPageProps) {
  const { token, actsAsOwner, names, statusContext, usage, history, test, dialog } = props;
  const { id, superuser } = useMember();
  const { now } = statusContext;
  const offered = offeredActions(token, statusContext, { superuser, actsAsOwner });
  // An auditor only reads the tokens of others.
  const mayAct = actsAsOwner || superuser;
  const mayTest = mayAct && !token.canary;
  const isOffered = new Set(offered.map(([action]) => action));
  const mayEdit = isOffered.has('edit');
  const list = listOfToken(token, id);
  return (
    <Layout title={token.name} section={list.section}>
      <p>
        <a href={list.href}>{list.label}</a>
      </p>
      <div class="heading">
        <h1>{token.name}</h1>
        {mayAct && <Actions token={token} statusContext={statusContext} actsAsOwner={actsAsOwner} />}
      </div>
      <TroubleNotes token={token} statusContext={statusContext} offered={isOffered} mayRevoke={mayAct} />
      <TwoValues token={token} now={now} mayEnd={isOffered.has('end-previous')} />
      <DeniedRequests
        requests={usage.deniedRequests}
        names={names}
        token={token}
        mayEdit={mayEdit}
        resumer={resumerOf(token, statusContext, isOffered)}
        now={now}
      />
      {mayTest && test && <TestSection tokenId={token.id} test={test} />}
      {token.description && <p>{token.description}</p>}
      <TokenFacts token={token} names={names} statusContext={statusContext} />
      <UsageSection
        usage={usage}
        token={token}
        narrowHref={isOffered.has('narrow') ? `${tokenPath(token.id)}?dialog=narrow` : null}
      />
      <History
        about="this token"
        auditQuery={{ target: token.id }}
        pageUrl={{ path: tokenPath(token.id), query: {} }}
        {...history}
      />
      {dialog}
    </Layout>
  );
}

/** Links to the changes that fit the token's state and the reader's role. */
function Actions({
  token,
  statusContext,
  actsAsOwner,
}: Pick<TokenPageProps, 'token' | 'statusContext' | 'actsAsOwner'>) {
  const { superuser } = useMember();
  // These two actions have their buttons elsewhere on the page: beside the uses of the old value, and beside the uses that rules
  // are suggested from.
  const actions = offeredActions(token, statusContext, { superuser, actsAsOwner }).filter(
    ([action]) => action !== 'end-previous' && action !== 'narrow',
  );
  return (
    <div class="buttons">
      {!token.canary && (
        <a class="button quiet" href={`${tokenPath(token.id)}?test=request`}>
          Test a request
        </a>
      )}
      {actions.map(([action, label]) => (
        <a class="button quiet" id={action} href={`${tokenPath(token.id)}?dialog=${action}`}>
          {label}
        </a>
      ))}
      <a class="button quiet danger" id={`revoke-${token.id}`} href={`${tokenPath(token.id)}?dialog=revoke`}>
        Revoke
      </a>
    </div>
  );
}
