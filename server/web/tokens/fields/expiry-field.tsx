import type { Child } from 'hono/jsx';
import { Field } from '../../shell/components/form.tsx';
import { MinuteOf, PlainDate } from '../../shell/components/time.tsx';
import type { CreateTokenForm } from '../create-token-form.ts';
import { type ExpiryChoices, formatLifetime } from '../expiry-choices.ts';

interface ExpiryFieldProps {
  form: Pick<CreateTokenForm, 'expires' | 'date'>;
  choices: ExpiryChoices;
  error: string | undefined;
}

/** The choice of the expiry of a new token. */
export function ExpiryField({ form, choices: { lifetimes, dates, never, now }, error }: ExpiryFieldProps) {
  return (
    <fieldset aria-describedby={error && 'expires-error'}>
      <legend>Expires</legend>
      {withChosen(lifetimes, form.expires).map((seconds) => (
        <Choice value={String(seconds)} selected={form.expires}>
          In {formatLifetime(seconds)} <ExpiryOf at={now + seconds * 1000} now={now} />
        </Choice>
      ))}
      {never && (
        <Choice value="never" selected={form.expires}>
          Never
        </Choice>
      )}
      {form.expires.includes('T') && (
        <Choice value={form.expires} selected={form.expires}>
          On {form.expires}
        </Choice>
      )}
      {never && (
        <p class="hint never" hidden={form.expires !== 'never'}>
          A token that never expires works until somebody revokes it, even if it leaks and nobody notices.
        </p>
      )}
      {dates && (
        <>
          <Choice value="date" selected={form.expires}>
            On a date
          </Choice>
          <Field
            label="Date"
            name="date"
            type="date"
            value={form.date}
            min={dates.first}
            max={dates.last}
            hint="The token works until the end of this day (UTC)."
          />
        </>
      )}
      {error && (
        <p class="error" id="expires-error">
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** When a chosen lifetime would end. */
function ExpiryOf({ at, now }: { at: number; now: number }) {
  return <span class="hint">– {at - now > 48 * 3_600_000 ? <PlainDate at={at} /> : <MinuteOf at={at} />}</span>;
}

/** Adds a lifetime that a link named to those that the form offers. */
function withChosen(lifetimes: readonly number[], expires: string): number[] {
  const chosen = /^[1-9]\d{0,9}$/.test(expires) ? [Number(expires)] : [];
  return [...new Set([...lifetimes, ...chosen])].sort((a, b) => a - b);
}

function Choice({ value, selected, children }: { value: string; selected: string; children: Child }) {
  return (
    <label class="inline">
      <input type="radio" name="expires" value={value} checked={value === selected} required />
      <span>{children}</span>
    </label>
  );
}
