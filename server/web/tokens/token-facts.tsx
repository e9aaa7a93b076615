import type { TokenStatus } from '../../../shared/schemas/tokens/tokens.ts';
import { splitScopes } from '../../../shared/scopes.ts';
import { type AppNames, showRules } from '../../domain/tokens/rules/shown-rules.ts';
import { tokenStatus } from '../../domain/tokens/status.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { ExactTime, Expiry, MinuteOf } from '../shell/components/time.tsx';
import { useMember, usePage } from '../shell/page-context.ts';
import { NewestUse, newestUse } from './list/last-used.tsx';
import { UsedCanaryBadge } from './list/used-canary-badge.tsx';
import { RuleFacts } from './rules/rule-facts.tsx';
import { ScopeText } from './rules/scope-fields.tsx';
import { kindLabels, ownerName, ownerPath } from './token-paths.ts';

interface TokenFactsProps {
  token: TokenRecord;
  names: AppNames;
  statusContext: StatusContext;
}

/** The facts about one token. */
export function TokenFacts({ token, names, statusContext }: TokenFactsProps) {
  const own = token.ownerId === useMember().id;
  const { sendsMail } = usePage();
  const { now } = statusContext;
  const status = tokenStatus(token, statusContext);
  const agent = newestUse(token)?.userAgent;
  return (
    <dl class="facts">
      <dt>Status</dt>
      <dd>
        {token.canary && status === 'active' ? <CanaryBadge token={token} /> : <StatusBadge status={status} />}
        {(status === 'active' || token.canary) && <span class="sub">{explain(token, status, sendsMail)}</span>}
      </dd>
      <dt>Prefix</dt>
      <dd>
        <code>{token.prefix}</code>
        <span class="sub">
          The value begins with it. The whole value was shown once, when the token was{' '}
          {token.rotatedAt === null ? 'created' : 'rotated'}.
        </span>
      </dd>
      {!own && (
        <>
          <dt>Owner</dt>
          <dd>
            <a href={ownerPath(token)}>{ownerName(token)}</a> <span class="sub">{kindLabels[token.ownerKind]}</span>
          </dd>
        </>
      )}
      <dt>Created</dt>
      <dd>
        <ExactTime at={token.createdAt} now={now} />
      </dd>
      {token.rotatedAt !== null && (
        <>
          <dt>Rotated</dt>
          <dd>
            <ExactTime at={token.rotatedAt} now={now} />
          </dd>
        </>
      )}
      {!(token.canary && token.expiresAt === null) && <ExpiryFact at={token.expiresAt} now={now} />}
      {token.selfRotate && (
        <>
          <dt>Rotates itself</dt>
          <dd>
            yes
            <span class="sub">A program that holds the value may replace it by a new one.</span>
          </dd>
        </>
      )}
      {token.manage !== null && <ScopeFacts manage={token.manage} />}
      {!token.canary && <RuleFacts rules={showRules(token, names)} isKey={token.manage !== null} />}
      <dt>Last used</dt>
      <dd>
        <NewestUse token={token} now={now} />
        {agent && <span class="sub">{agent}</span>}
      </dd>
    </dl>
  );
}

/** When the token expires. A canary without an expiry has none to show: its value never works. */
function ExpiryFact({ at, now }: { at: number | null; now: number }) {
  return (
    <>
      <dt>Expires</dt>
      <dd>
        <Expiry at={at} now={now} />
        {at !== null && (
          <span class="sub">
            <MinuteOf at={at} />
          </span>
        )}
      </dd>
    </>
  );
}

/** Takes the place of `active`, because the value of a canary never works. */
function CanaryBadge({ token }: Pick<TokenFactsProps, 'token'>) {
  return token.lastUse === null ? <span class="badge">canary</span> : <UsedCanaryBadge token={token} />;
}

/** What a management key may do. */
function ScopeFacts({ manage }: { manage: string }) {
  return (
    <>
      <dt>Management key</dt>
      <dd>
        {splitScopes(manage).map((scope) => (
          <div>
            <ScopeText scope={scope} />
          </div>
        ))}
      </dd>
    </>
  );
}

function explain({ canary, manage }: TokenRecord, status: TokenStatus, sendsMail: boolean): string {
  if (canary && !sendsMail) return unmailedCanaryExplanation;
  if (canary) return status === 'paused' ? pausedCanaryExplanation : canaryExplanation;
  return manage === null ? 'Requests that use it are accepted if its rules allow them.' : keyExplanation;
}

const canaryExplanation =
  'It is a canary: its value never works. When somebody presents it, those who look after it and all Organization Superusers get a mail.';
const unmailedCanaryExplanation =
  'It is a canary: its value never works. When somebody presents it, the console marks it in red. No mail server is set up, so no mail is sent.';
const pausedCanaryExplanation = 'It is a canary. Its uses are counted, and nobody gets a mail until the pause ends.';
const keyExplanation = 'It manages the organization through the API of this server. Apps reject it.';
