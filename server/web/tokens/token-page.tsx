import type { Child } from 'hono/jsx';
import { idleNoticeMs } from '../../domain/notifications/digest/notice-rules.ts';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import { tokenStatus, workingPreviousValue } from '../../domain/tokens/status.ts';
import type { Usage } from '../../domain/tokens/usage/usage.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import type { TokenAction } from './token-change-dialogs.tsx';
import { TokenFacts } from './token-facts.tsx';
import { listOfToken, tokenPath } from './token-paths.ts';
import { UsageSection } from './usage/usage-section.tsx';

interface TokenPageProps {
  token: TokenRecord;
  /** Whether the reader owns the token, or maintains the service account that owns it. */
  actsAsOwner: boolean;
  /** The names of the apps in its rules. */
  names: AppNames;
  statusContext: StatusContext;
  usage: Usage;
  /** What was just changed. */
  success?: string | undefined;
  dialog?: Child;
}

/** One token: what is known about it, and its actions. Superusers also see the tokens of others, and auditors only read them. */
export function TokenPage({ token, actsAsOwner, names, statusContext, usage, success, dialog }: TokenPageProps) {
  const { id, superuser } = useMember();
  const list = listOfToken(token, id);
  return (
    <Layout title={token.name} section={list.section} success={success}>
      <p>
        <a href={list.href}>{list.label}</a>
      </p>
      <div class="heading">
        <h1>{token.name}</h1>
        {(actsAsOwner || superuser) && (
          <Actions token={token} statusContext={statusContext} actsAsOwner={actsAsOwner} />
        )}
      </div>
      {token.description && <p>{token.description}</p>}
      <TokenFacts token={token} names={names} statusContext={statusContext} />
      <UsageSection usage={usage} quiet={token.quietNetworks} now={statusContext.now} />
      {dialog}
    </Layout>
  );
}

/**
 * Links to the changes that fit the token's state. Only the owner and the maintainers of the owner may rotate or edit it, and only a
 * superuser may resume what a superuser paused. Only superusers change or resume a management key, and nobody changes a token that a job
 * received. A canary is never rotated or narrowed.
 */
function Actions({
  token,
  statusContext,
  actsAsOwner,
}: Pick<TokenPageProps, 'token' | 'statusContext' | 'actsAsOwner'>) {
  const { superuser } = useMember();
  const isKey = token.manage !== null;
  const isChangeable = (isKey ? superuser : actsAsOwner) && token.trustId === null;
  const status = tokenStatus(token, statusContext);
  const hasOldValue = workingPreviousValue(token, statusContext.now) !== null;
  const mayResume = superuser || (!isKey && !(status === 'paused' && token.pausedBySuperuser));
  const canResume =
    status === 'idle' || status === 'paused' || (status === 'active' && becomesIdleSoon(token, statusContext));
  const actions: Array<[TokenAction | 'narrow', string, boolean]> = [
    ['rotate', 'Rotate', isChangeable && !token.canary && status === 'active'],
    ['end-previous', 'End old value', hasOldValue && (superuser || !isKey)],
    ['edit', 'Edit', isChangeable && status === 'active'],
    ['narrow', 'Narrow to what it used', isChangeable && !isKey && !token.canary && status === 'active'],
    ['pause', 'Pause', status === 'active'],
    ['resume', 'Resume', mayResume && canResume],
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
