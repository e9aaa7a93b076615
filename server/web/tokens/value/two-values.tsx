import { workingPreviousValue } from '../../../domain/tokens/status.ts';
import type { LastUse, TokenRecord } from '../../../store/records.ts';
import { MinuteOf, Time } from '../../shell/components/time.tsx';
import { LastUsed } from '../list/last-used.tsx';
import { tokenPath } from '../token-paths.ts';

interface TwoValuesProps {
  token: TokenRecord;
  now: number;
  /** Whether the reader may end the old value. */
  mayEnd: boolean;
}

/** A program that runs daily has used a value within this time. */
const dailyMs = 26 * 60 * 60 * 1000;

interface AdviceProps extends TwoValuesProps {
  oldUse: LastUse | null;
}

/**
 * Whether the old value can be ended. It cannot while something uses it, while nothing uses the new one, or before a program that runs daily has
 * run since the rotation.
 */
function Advice({ token: { lastUse, rotatedAt }, oldUse, now, mayEnd }: AdviceProps) {
  if (oldUse !== null && (lastUse === null || oldUse.at > now - dailyMs)) {
    return (
      <p class="note warning">
        <strong>Wait.</strong> The old value was used <Time at={oldUse.at} now={now} />, since the rotation. Give the
        new value to the program that used it.
        {mayEnd && ' If you do not know the program, end the old value now.'}
      </p>
    );
  }
  if (lastUse === null) {
    return (
      <p class="note warning">
        <strong>Wait.</strong> Nothing has used the new value yet.
      </p>
    );
  }
  if (rotatedAt !== null && rotatedAt > now - dailyMs) {
    return (
      <p class="note warning">
        <strong>Wait.</strong> The new value is in use, but the rotation was <Time at={rotatedAt} now={now} />. A
        program that runs daily may not have run since then.
      </p>
    );
  }
  return (
    <p class="note success">
      <strong>The old value can be ended.</strong> The new value is in use, and the old one{' '}
      {oldUse === null ? (
        'was not used since the rotation.'
      ) : (
        <>
          was last used <Time at={oldUse.at} now={now} />.
        </>
      )}{' '}
      A program that runs less than daily may still need it.
    </p>
  );
}

/** The two values of a token that was rotated, and what still uses the old one. Renders nothing if only one works. */
export function TwoValues({ token, now, mayEnd }: TwoValuesProps) {
  const previous = workingPreviousValue(token, now);
  if (previous === null) return null;
  const values = [
    { title: 'New value', prefix: token.prefix, use: token.lastUse },
    { title: 'Old value', prefix: previous.prefix, use: previous.lastUse },
  ];
  return (
    <section class="card" aria-labelledby="two-values">
      <h2 id="two-values">
        Two values until <MinuteOf at={previous.validUntil} />
      </h2>
      <p>Then the old value stops working by itself.</p>
      <Advice token={token} oldUse={previous.lastUse} now={now} mayEnd={mayEnd} />
      <dl class="facts">
        {values.map(({ title, prefix, use }) => (
          <>
            <dt>{title}</dt>
            <dd>
              <code>{prefix}</code> {use === null && <span class="sub">not used since the rotation</span>}
              {use !== null && (
                <div>
                  last used <LastUsed use={use} now={now} />
                </div>
              )}
            </dd>
          </>
        ))}
      </dl>
      {previous.lastUse === null && token.previousUsedAt !== null && token.previousUsedAt <= (token.rotatedAt ?? 0) && (
        <p>
          Before the rotation, the token was last used <Time at={token.previousUsedAt} now={now} />.
        </p>
      )}
      {mayEnd && (
        <a class="button" id="end-previous" href={`${tokenPath(token.id)}?dialog=end-previous`}>
          End the old value
        </a>
      )}
    </section>
  );
}
