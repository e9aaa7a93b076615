import type { Child } from 'hono/jsx';
import { idleNoticeMs } from '../../domain/notifications/digest/notice-rules.ts';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import { tokenStatus, workingPreviousValue } from '../../domain/tokens/status.ts';
import type { Usage } from '../../domain/tokens/usage/usage.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { memberPath, teamPath } from '../team/team-paths.ts';
import type { TokenAction } from './token-change-dialogs.tsx';
import { TokenFacts } from './token-facts.tsx';
import { tokenPath, tokensPath } from './token-paths.ts';
import { UsageSection } from './usage/usage-section.tsx';

interface TokenPageProps {
  token: TokenRecord;
  /** The names of the apps in its rules. */
  names: AppNames;
  statusContext: StatusContext;
  usage: Usage;
  /** What was just changed. */
  success?: string | undefined;
  dialog?: Child;
}

/** One token: what is known about it, and its actions. Superusers also see the tokens of other members. */
export function TokenPage({ token, names, statusContext, usage, success, dialog }: TokenPageProps) {
  const own = token.ownerId === useMember().id;
  return (
    <Layout title={token.name} tab={own ? tokensPath : teamPath} success={success}>
      <p>
        <a href={own ? tokensPath : memberPath(token.ownerId)}>
          {own ? 'Back to your API tokens' : 'Back to the member'}
        </a>
      </p>
      <div class="heading">
        <h1>{token.name}</h1>
        <Actions token={token} statusContext={statusContext} own={own} />
      </div>
      {token.description && <p>{token.description}</p>}
      <TokenFacts token={token} names={names} statusContext={statusContext} own={own} />
      <UsageSection usage={usage} quiet={token.quietNetworks} now={statusContext.now} />
      {dialog}
    </Layout>
  );
}

/**
 * Links to the changes that fit the token's state. Only the owner may rotate or edit it, and only a superuser may resume what a
 * superuser paused.
 */
function Actions({ token, statusContext, own }: Pick<TokenPageProps, 'token' | 'statusContext'> & { own: boolean }) {
  const { superuser } = useMember();
  const status = tokenStatus(token, statusContext);
  const isResumable =
    status === 'idle' ||
    (status === 'active' && becomesIdleSoon(token, statusContext)) ||
    (status === 'paused' && (superuser || !token.pausedBySuperuser));
  const actions: Array<[TokenAction | 'narrow', string, boolean]> = [
    ['rotate', 'Rotate', own && status === 'active'],
    ['end-previous', 'End old value', workingPreviousValue(token, statusContext.now) !== null],
    ['edit', 'Edit', own && status === 'active'],
    ['narrow', 'Narrow to what it used', own && status === 'active'],
    ['pause', 'Pause', status === 'active'],
    ['resume', 'Resume', isResumable],
  ];
  return (
    <div class="buttons">
      {actions
        .filter(([, , fits]) => fits)
        .map(([action, label]) => (
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

/** Reports whether the daily mail would say that the token becomes idle. */
function becomesIdleSoon({ activeAt }: TokenRecord, { idleBefore }: StatusContext): boolean {
  return idleBefore !== undefined && activeAt < idleBefore + idleNoticeMs;
}
