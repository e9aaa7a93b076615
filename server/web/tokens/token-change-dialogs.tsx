import type { Child } from 'hono/jsx';
import { count } from '../../../shared/count.ts';
import { limits } from '../../../shared/limits.ts';
import type { ProblemError } from '../../../shared/problem.ts';
import type { OfferedNames } from '../../domain/offered-names.ts';
import { type ExpiryPolicy, lifetimeOf, rotatedExpiry } from '../../domain/tokens/expiry.ts';
import { tokenStatus, workingPreviousValue } from '../../domain/tokens/status.ts';
import type { Usage } from '../../domain/tokens/usage/usage.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { Field } from '../shell/components/form.tsx';
import { ConfirmDialog, FormDialog } from '../shell/components/form-dialog.tsx';
import { DateOf, MinuteOf } from '../shell/components/time.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import { useMember } from '../shell/page-context.ts';
import { formatLifetime } from './expiry-choices.ts';
import { EditFields } from './fields/edit-fields.tsx';
import { overlapChoices, pauseChoices, type TokenChangeForm } from './token-change-forms.ts';
import { tokenPath } from './token-paths.ts';
import type { AddedEntry } from './trouble/allow-form.ts';
import { RecentUse } from './usage/recent-use.tsx';

const dayMs = 24 * 60 * 60 * 1000;

/** The changes that a token's page offers, besides revoking it. */
export const tokenActions = ['rotate', 'end-previous', 'edit', 'pause', 'resume'] as const;
export type TokenAction = (typeof tokenActions)[number];

export function isTokenAction(text: string | undefined): text is TokenAction {
  return (tokenActions as readonly (string | undefined)[]).includes(text);
}

interface TokenChangeDialogProps {
  action: TokenAction;
  token: TokenRecord;
  statusContext: StatusContext;
  policy: ExpiryPolicy;
  offeredApps: OfferedNames;
  usage: Usage;
  form: TokenChangeForm;
  /** The entry that the form has in addition to the rules of the token. */
  added?: AddedEntry;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form for one change of a token: as the token is, or with the values of a rejected form. */
export function TokenChangeDialog(props: TokenChangeDialogProps) {
  const { action, token } = props;
  const path = `${tokenPath(token.id)}/${action}`;
  const closeHref = `${tokenPath(token.id)}#${action}`;
  const change = { closeHref, action: path, problem: props.problem };
  switch (action) {
    case 'end-previous':
      return (
        <ConfirmDialog
          title="End the old value?"
          closeHref={closeHref}
          action={path}
          confirm="End the old value"
          danger
        >
          <p>Requests with the old value are denied from now on. The current value keeps working.</p>
        </ConfirmDialog>
      );
    case 'resume':
      return (
        <ConfirmDialog title={`Resume “${token.name}”?`} closeHref={closeHref} action={path} confirm="Resume">
          <p>
            {tokenStatus(token, props.statusContext) === 'active'
              ? 'The token stays active, and its time until it becomes idle starts again.'
              : 'Requests that use this token are accepted again.'}
          </p>
        </ConfirmDialog>
      );
    case 'rotate':
      return (
        <FormDialog {...change} title={`Rotate “${token.name}”`} submit="Rotate">
          <RotateFields {...props} />
        </FormDialog>
      );
    case 'pause':
      return (
        <FormDialog {...change} title={`Pause “${token.name}”`} submit="Pause">
          <PauseFields {...props} />
        </FormDialog>
      );
    case 'edit':
      return (
        <FormDialog {...change} title={`Edit “${token.name}”`} submit="Save">
          <EditFields {...props} />
        </FormDialog>
      );
  }
}

function RotateFields({ token, statusContext: { now }, policy, usage, form, problem }: TokenChangeDialogProps) {
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
      {previous !== null && (
        <p class="note warning">
          The value <code>{previous.prefix}</code> from before the last rotation still works. It ends with this
          rotation.
        </p>
      )}
      <fieldset>
        <legend>When does the current value stop working?</legend>
        {overlapChoices.map((seconds) => (
          <Choice name="overlap" value={String(seconds)} selected={form.overlap} focused={problem === undefined}>
            {seconds === 0
              ? 'now'
              : `in ${seconds === limits.defaultOverlapSeconds ? '24 hours' : formatLifetime(seconds)}`}
          </Choice>
        ))}
        <p class="hint">Until then, both values work.</p>
      </fieldset>
      <RecentUse token={token} usage={usage} days={1} now={now} />
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

function PauseFields({ token, form, problem }: TokenChangeDialogProps) {
  const { superuser } = useMember();
  return (
    <>
      <p>
        {token.canary
          ? 'Nobody gets a mail about uses of this canary until the pause ends. They are still counted. Its value never works.'
          : 'Requests that use this token are denied until the pause ends. Then its value works again: if it leaked, rotate or revoke the token instead.'}
        {token.manage !== null && !superuser && ' Only an Organization Superuser can end it sooner.'}
      </p>
      <fieldset>
        <legend>How long?</legend>
        {pauseChoices.map((seconds) => (
          <Choice name="for" value={String(seconds)} selected={form.for} focused={problem === undefined}>
            {seconds === 0 ? 'until it is resumed' : `for ${formatLifetime(seconds)}`}
          </Choice>
        ))}
      </fieldset>
      <Field
        label="Reason (optional)"
        name="reason"
        value={form.reason}
        error={fieldErrors(problem).reason}
        autocomplete="off"
      />
    </>
  );
}

interface ChoiceProps {
  name: string;
  value: string;
  /** The selected value of the group. */
  selected: string;
  /** Whether the selected choice receives the focus, so that a key press does not change the selection. */
  focused: boolean;
  children?: Child;
}

function Choice({ name, value, selected, focused, children }: ChoiceProps) {
  return (
    <label class="inline">
      <input
        type="radio"
        name={name}
        value={value}
        checked={value === selected}
        autofocus={value === selected && focused}
        required
      />
      <span>{children}</span>
    </label>
  );
}
