import { isExpired, isPaused, tokenStatus } from '../../../domain/tokens/status.ts';
import type { StatusContext, TokenRecord } from '../../../store/records.ts';
import { MinuteOf } from '../../shell/components/time.tsx';
import { LastUsed } from '../list/last-used.tsx';
import type { OfferedAction } from '../list/token-actions.ts';
import { AfterPause } from './after-pause.tsx';
import { changerOf } from './changer-of.ts';

const soonMs = 7 * 24 * 60 * 60 * 1000;

interface TroubleProps {
  token: TokenRecord;
  statusContext: StatusContext;
  /** The changes that the reader may make now. */
  offered: ReadonlySet<OfferedAction>;
  /** Whether the reader may revoke it. */
  mayRevoke: boolean;
}

/** Notes about present and coming problems of a token. Renders nothing if there are none. */
export function TroubleNotes(props: TroubleProps) {
  const { token, statusContext, offered } = props;
  const isActive = tokenStatus(token, statusContext) === 'active';
  return (
    <>
      <CanaryNote token={token} now={statusContext.now} />
      <StatusNote {...props} />
      {isActive && <ExpiryNote {...props} />}
      {token.formerOwnerKnows && (
        <p class="note warning">
          Its former owner still knows its value.
          {isActive &&
            ` ${offered.has('rotate') ? 'Rotate it' : `${changerOf(token)} can rotate it`}, so that only its owner does.`}
        </p>
      )}
    </>
  );
}

/** Says that somebody presented the value of a canary, and what to do. */
function CanaryNote({ token: { canary, lastUse }, now }: { token: TokenRecord; now: number }) {
  if (!canary || lastUse === null) return null;
  return (
    <div class="note danger">
      <p>
        <strong>Somebody presented this canary.</strong> Last time: <LastUsed use={lastUse} now={now} />
      </p>
      <p>
        Its value stood only where it was planted, so somebody read that place. Find out who could, and replace every
        other secret there. Then revoke this canary and plant a new one.
      </p>
    </div>
  );
}

/** Why requests with the token are denied. */
function StatusNote({ token, statusContext, offered, mayRevoke }: TroubleProps) {
  const status = tokenStatus(token, statusContext);
  if (status === 'active' || (token.canary && status !== 'paused')) return null;
  const remedy = isExpired(token, statusContext.now) ? remedies.expired : remedies[status];
  const isLost = status !== 'expired' && isExpired(token, statusContext.now) && !token.canary;
  return (
    <div class="note warning">
      <p>
        <strong>
          {headlines[status]}
          {isLost && ' It has expired, too.'}
        </strong>{' '}
        {token.canary ? pausedCanary : remedy}
      </p>
      <PauseNote token={token} now={statusContext.now} isLost={isLost} />
      {status === 'paused' && !isLost && !token.canary && (
        <AfterPause token={token} mayRotate={offered.has('rotate')} mayRevoke={mayRevoke} />
      )}
    </div>
  );
}

type Troubled = Exclude<ReturnType<typeof tokenStatus>, 'active'>;

const headlines: Readonly<Record<Troubled, string>> = {
  disabled: 'The account of its owner is disabled.',
  blocked: 'Its owner lacks the permission to manage tokens.',
  'sso-stale': 'Its owner signed in with single sign-on too long ago.',
  paused: 'It is paused.',
  expired: 'It has expired.',
  idle: 'It was not used for a long time.',
};

const remedies: Readonly<Record<Troubled, string>> = {
  disabled: 'Requests that use it are denied until a superuser enables the account.',
  blocked: 'Requests that use it are denied until its owner has the permission again.',
  'sso-stale': 'Requests that use it are denied until its owner signs in with single sign-on again.',
  paused: 'Requests that use it are denied until the pause ends.',
  expired: 'Requests that use it are denied. Create a new token; its name is free.',
  idle: 'Requests that use it are denied. Resume it to use it again.',
};

const pausedCanary = 'Its uses are counted, and nobody gets a mail until the pause ends.';

/** Says who paused the token, why, and until when. After a leak report, it names no person. */
function PauseNote({ token, now, isLost }: { token: TokenRecord; now: number; isLost: boolean }) {
  const { pausedAt, pausedUntil, pausedReason, pausedByEmail, pausedBySuperuser, manage } = token;
  if (!isPaused(token, now) || pausedAt === null) return null;
  return (
    <>
      <p>
        Paused on <MinuteOf at={pausedAt} />
        {pausedByEmail !== null && (
          <>
            {' '}
            by <bdi>{pausedByEmail}</bdi>
          </>
        )}
        {pausedUntil !== null && (
          <>
            , until <MinuteOf at={pausedUntil} />
          </>
        )}
        .
        {pausedReason !== null && (
          <>
            {' '}
            Reason: <bdi>{pausedReason}</bdi>
          </>
        )}
      </p>
      {(pausedBySuperuser || manage !== null) && !isLost && <p>Only an Organization Superuser can resume it.</p>}
    </>
  );
}

function ExpiryNote({ token, statusContext: { now }, offered }: TroubleProps) {
  const { expiresAt } = token;
  if (expiresAt === null || expiresAt > now + soonMs) return null;
  return (
    <p class="note warning">
      <strong>It expires soon:</strong> on <MinuteOf at={expiresAt} />. {expiryRemedy(token, offered)}
    </p>
  );
}

/** Returns what can be done before a token expires, and by whom if the reader may not do it. Nobody changes a token that a job received. */
function expiryRemedy(token: TokenRecord, offered: TroubleProps['offered']): string {
  if (token.trustId !== null) return 'A job received it, so it ends by itself.';
  if (token.selfRotate) return 'It may rotate itself before then.';
  const changes = token.canary ? 'give it a new last day' : 'rotate it before then, or give it a new last day';
  if (!offered.has('edit')) return `${changerOf(token)} can ${changes}.`;
  return `${changes[0]?.toUpperCase()}${changes.slice(1)}.`;
}
