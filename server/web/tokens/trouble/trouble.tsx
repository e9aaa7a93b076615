import { isPaused, tokenStatus } from '../../../domain/tokens/status.ts';
import type { StatusContext, TokenRecord } from '../../../store/records.ts';
import { MinuteOf } from '../../shell/components/time.tsx';

const soonMs = 7 * 24 * 60 * 60 * 1000;

interface TroubleProps {
  token: TokenRecord;
  statusContext: StatusContext;
}

/** What is wrong with a token, or will be soon, as notes. Renders nothing if all is well. */
export function TroubleNotes(props: TroubleProps) {
  const { token, statusContext } = props;
  return (
    <>
      <StatusNote {...props} />
      {tokenStatus(token, statusContext) === 'active' && <ExpiryNote {...props} />}
      {token.formerOwnerKnows && (
        <p class="note warning">Its former owner still knows its value. Rotate it, so that only its owner does.</p>
      )}
    </>
  );
}

/** Why requests with the token are rejected. */
function StatusNote({ token, statusContext }: TroubleProps) {
  const status = tokenStatus(token, statusContext);
  if (status === 'active' || (token.canary && status !== 'paused')) return null;
  return (
    <div class="note warning">
      <p>
        <strong>{headlines[status]}</strong> {token.canary ? pausedCanary : remedies[status]}
      </p>
      <PauseNote token={token} now={statusContext.now} />
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
  disabled: 'Requests that use it are rejected until a superuser enables the account.',
  blocked: 'Requests that use it are rejected until its owner has the permission again.',
  'sso-stale': 'Requests that use it are rejected until its owner signs in with single sign-on again.',
  paused: 'Requests that use it are rejected until the pause ends.',
  expired: 'Requests that use it are rejected. Create a new token; its name is free.',
  idle: 'Requests that use it are rejected. Resume it to use it again.',
};

const pausedCanary = 'Its uses are counted, and nobody gets a mail until the pause ends.';

/** Who paused the token, why, and until when. After a leak, nobody in particular did. */
function PauseNote({ token, now }: { token: TokenRecord; now: number }) {
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
      {(pausedBySuperuser || manage !== null) && <p>Only an Organization Superuser can resume it.</p>}
    </>
  );
}

function ExpiryNote({ token: { expiresAt, selfRotate }, statusContext: { now } }: TroubleProps) {
  if (expiresAt === null || expiresAt > now + soonMs) return null;
  return (
    <p class="note warning">
      <strong>It expires soon:</strong> on <MinuteOf at={expiresAt} />.{' '}
      {selfRotate ? 'It may rotate itself before then.' : 'Rotate it before then, or give it a new last day.'}
    </p>
  );
}
