import type { ProblemError } from '../../../shared/problem.ts';
import type { OfferedNames } from '../../domain/offered-names.ts';
import type { ExpiryPolicy } from '../../domain/tokens/expiry.ts';
import { isPaused, tokenStatus } from '../../domain/tokens/status.ts';
import type { Usage } from '../../domain/tokens/usage/usage.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { Field } from '../shell/components/form.tsx';
import { ConfirmDialog, FormDialog } from '../shell/components/form-dialog.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import { useMember } from '../shell/page-context.ts';
import { formatLifetime } from './expiry-choices.ts';
import { Choice } from './fields/choice.tsx';
import { EditFields } from './fields/edit-fields.tsx';
import { RotateFields } from './fields/rotate-fields.tsx';
import { pauseChoices, type TokenChangeForm } from './token-change-forms.ts';
import { tokenPath } from './token-paths.ts';
import { isRotatedInPause, remedyBeforePause } from './trouble/after-pause.tsx';
import type { AddedEntry } from './trouble/allow-form.ts';

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
  /** Whether the reader may rotate the token as it is now. */
  mayRotate: boolean;
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
          <p>{resumption(token, props.statusContext)}</p>
        </ConfirmDialog>
      );
    case 'rotate':
      return (
        <FormDialog
          {...change}
          title={`Rotate “${token.name}”`}
          submit="Rotate"
          focusCancel={isPaused(token, props.statusContext.now)}
        >
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

/** Says what a resumption changes. */
function resumption(token: TokenRecord, statusContext: StatusContext): string {
  if (tokenStatus(token, statusContext) === 'active') {
    return 'The token stays active, and its time until it becomes idle starts again.';
  }
  return isRotatedInPause(token)
    ? 'Requests that use its new value are accepted. The values from before its rotation stay ended.'
    : 'Requests that use this token are accepted again.';
}

function PauseFields({ token, mayRotate, form, problem }: TokenChangeDialogProps) {
  const { id, superuser } = useMember();
  return (
    <>
      <p>
        {token.canary
          ? 'Nobody gets a mail about uses of this canary until the pause ends. They are still counted. Its value never works.'
          : 'Requests that use this token are denied until the pause ends. Then its value works again.'}
        {token.manage !== null && !superuser && ' Only an Organization Superuser can end it sooner.'}
      </p>
      {!token.canary && <p>{remedyBeforePause(token, mayRotate, superuser)}</p>}
      <dl class="facts">
        <dt>Prefix</dt>
        <dd>
          <code>{token.prefix}</code>
        </dd>
        {token.ownerId !== id && (
          <>
            <dt>Owner</dt>
            <dd>{token.ownerEmail}</dd>
          </>
        )}
      </dl>
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
