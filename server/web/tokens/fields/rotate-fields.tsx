import { count } from '../../../../shared/count.ts';
import { limits } from '../../../../shared/limits.ts';
import type { ProblemError } from '../../../../shared/problem.ts';
import { type ExpiryPolicy, lifetimeOf, rotatedExpiry } from '../../../domain/tokens/expiry.ts';
import { isPaused, workingPreviousValue } from '../../../domain/tokens/status.ts';
import type { Usage } from '../../../domain/tokens/usage/usage.ts';
import type { PreviousValue, StatusContext, TokenRecord } from '../../../store/records.ts';
import { DateOf, MinuteOf } from '../../shell/components/time.tsx';
import { formatLifetime } from '../expiry-choices.ts';
import { overlapChoices, type TokenChangeForm } from '../token-change-forms.ts';
import { ResumeStep } from '../trouble/after-pause.tsx';
import { EarlierUse, RecentUse } from '../usage/recent-use.tsx';
import { Choice } from './choice.tsx';

const dayMs = 24 * 60 * 60 * 1000;

interface RotateFieldsProps {
  token: TokenRecord;
  statusContext: StatusContext;
  policy: ExpiryPolicy;
  usage: Usage;
  form: TokenChangeForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The fields of the form that rotates a token. */
export function RotateFields({ token, statusContext: { now }, policy, usage, form, problem }: RotateFieldsProps) {
  const previous = workingPreviousValue(token, now);
  const { expiresAt, lifetimeMs } = rotatedExpiry(token, {}, policy, now);
  return (
    <>
      <input type="hidden" name="key" value={form.key} />
      <input type="hidden" name="ends" value={previous?.prefix ?? ''} />
      <p>
        The token gets a new value, which is shown once. Its name and ID stay.{' '}
        {expiresAt === null ? (
          'It still never expires.'
        ) : (
          <>
            It then expires on {expiresAt - now > 2 * dayMs ? <DateOf at={expiresAt} /> : <MinuteOf at={expiresAt} />}.
          </>
        )}
        {lifetimeMs !== null && ` ${newLife(token, lifetimeMs)}`}
      </p>
      {isPaused(token, now) ? (
        <PausedFields token={token} previous={previous} />
      ) : (
        <OverlapFields previous={previous} form={form} problem={problem} />
      )}
      <RecentUse token={token} usage={usage} days={1} now={now} />
      <EarlierUse token={token} usage={usage} after={1} days={7} now={now} />
    </>
  );
}

/** The values of a paused token end at once, so that there is no overlap to choose. */
function PausedFields({ token, previous }: { token: TokenRecord; previous: PreviousValue | null }) {
  const { pausedUntil } = token;
  return (
    <>
      <input type="hidden" name="overlap" value="0" />
      <p>
        This token is paused. The old value ends at once
        {previous !== null && (
          <>
            , and so does the value <code>{previous.prefix}</code> from before the last rotation
          </>
        )}
        . The new value works when the pause ends
        {pausedUntil !== null && (
          <>
            , on <MinuteOf at={pausedUntil} /> at the latest
          </>
        )}
        . Give it to its program, then <ResumeStep token={token} />.
      </p>
    </>
  );
}

interface OverlapFieldsProps extends Pick<RotateFieldsProps, 'form' | 'problem'> {
  previous: PreviousValue | null;
}

function OverlapFields({ previous, form, problem }: OverlapFieldsProps) {
  return (
    <>
      {previous !== null && (
        <p class="note warning">
          The value <code>{previous.prefix}</code> from before the last rotation still works. It ends with this
          rotation.
        </p>
      )}
      <fieldset aria-describedby="overlap-help">
        <legend>When does the current value stop working?</legend>
        <p id="overlap-help">
          If the value leaked, choose now. Otherwise, both values work until then, and the page of the token shows when
          each was last used.
        </p>
        {overlapChoices.map((seconds) => (
          <Choice name="overlap" value={String(seconds)} selected={form.overlap} focused={problem === undefined}>
            {seconds === 0
              ? 'now'
              : `in ${seconds === limits.defaultOverlapSeconds ? '24 hours' : formatLifetime(seconds)}`}
          </Choice>
        ))}
      </fieldset>
    </>
  );
}

/** Explains the expiry of the rotated token. */
function newLife(token: TokenRecord, lifetimeMs: number): string {
  const isWhole = lifetimeMs < 2 * dayMs;
  const life = isWhole ? formatLifetime(Math.round(lifetimeMs / 1000)) : count(Math.round(lifetimeMs / dayMs), 'day');
  return lifetimeMs === lifetimeOf(token)
    ? `A rotation renews its life of ${life}.`
    : `That is after ${life}, the longest life that a token may have here.`;
}
