import { type EndedTokenFacts, endOf } from '../../../domain/tokens/ended/ended-tokens.ts';
import { History, type HistoryPage } from '../../audit/history/history.tsx';
import { StatusBadge } from '../../shell/components/status-badge.tsx';
import { ExactTime } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl } from '../../shell/page-url.ts';
import { allTokensPath } from '../all/all-tokens-paths.ts';
import { LastUsed } from '../list/last-used.tsx';
import { kindLabels, type ListOfToken, listOfToken, tokenPath } from '../token-paths.ts';
import { DeniedTable, withoutRepeats } from '../trouble/denied-requests.tsx';
import { EndSentence } from './end-sentence.tsx';
import { OwnerOfEnded } from './owner-of-ended.tsx';

interface EndedTokenPageProps extends EndedTokenFacts {
  history: HistoryPage;
  now: number;
}

/** The list that the page leads back to if the owner was deleted. Only superusers and auditors read such a token. */
const endedTokensOfAll: ListOfToken = {
  href: formatUrl({ path: allTokensPath, query: { status: 'revoked' } }),
  label: 'Back to the ended tokens',
  section: allTokensPath,
};

/** A token that ended: how, by whom, what still uses its value, and its history. */
export function EndedTokenPage({ token, deniedRequests, names, history, now }: EndedTokenPageProps) {
  const { id: readerId } = useMember();
  const list = token.ownerDeleted ? endedTokensOfAll : listOfToken(token, readerId);
  const { reason, endedBy } = endOf(token);
  return (
    <Layout title={token.name} section={list.section}>
      <p>
        <a href={list.href}>{list.label}</a>
      </p>
      <div class="heading">
        <h1>{token.name}</h1>
      </div>
      <p class="note">
        <EndSentence token={token} /> Its value never works again.
      </p>
      {deniedRequests.length > 0 && (
        <section aria-labelledby="denied">
          <h2 id="denied">Denied requests since it ended</h2>
          <p class="hint">Something still uses its value.</p>
          <DeniedTable
            requests={withoutRepeats(deniedRequests)}
            {...{ names, now, token: null, mayEdit: false, resumer: null }}
          />
        </section>
      )}
      <dl class="facts">
        <dt>Status</dt>
        <dd>
          <StatusBadge status={reason} />
        </dd>
        <dt>Prefix</dt>
        <dd>
          <code>{token.prefix}</code>
        </dd>
        {token.ownerId !== readerId && (
          <>
            <dt>Owner</dt>
            <dd>
              <OwnerOfEnded token={token} /> <span class="sub">{kindLabels[token.ownerKind]}</span>
            </dd>
          </>
        )}
        <dt>{reason === 'revoked' ? 'Revoked' : 'Removed'}</dt>
        <dd>
          <ExactTime at={token.endedAt} now={now} />
          {endedBy !== null && (
            <span class="sub">
              by <bdi>{endedBy}</bdi>
            </span>
          )}
        </dd>
        <dt>Last used</dt>
        <dd>
          {token.lastUse === null ? 'no use recorded' : <LastUsed use={token.lastUse} now={now} />}
          {token.lastUse?.userAgent && <bdi class="sub">{token.lastUse.userAgent}</bdi>}
        </dd>
      </dl>
      <History
        about="this token"
        auditQuery={{ target: token.id }}
        pageUrl={{ path: tokenPath(token.id), query: {} }}
        {...history}
      />
    </Layout>
  );
}
