import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import type { OfferedNames } from '../../domain/offered-names.ts';
import { serviceAccountPath } from '../service-accounts/service-account-paths.ts';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import type { CreateTokenForm } from './create-token-form.ts';
import { type ExpiryChoices, formatLifetime } from './expiry-choices.ts';
import { RuleFields } from './rules/rule-fields.tsx';
import { tokensPath } from './token-paths.ts';

interface CreateTokenDialogProps {
  /** The service account that will own the token. By default, the member owns it. */
  account?: { id: string; name: string } | undefined;
  closeHref: string;
  form: CreateTokenForm;
  choices: ExpiryChoices;
  offeredApps: OfferedNames;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form for a new token: empty, or with the values of a rejected form. */
export function CreateTokenDialog({ account, closeHref, form, choices, offeredApps, problem }: CreateTokenDialogProps) {
  const errors = fieldErrors(problem);
  const whose = account ? `Each token of ${account.name}` : 'Each of your tokens';
  return (
    <FormDialog
      title={account ? `Create a token for ${account.name}` : 'Create new token'}
      closeHref={closeHref}
      action={account ? `${serviceAccountPath(account.id)}/tokens` : tokensPath}
      submit="Create token"
      problem={problem}
      unchanged="No token was created."
    >
      <input type="hidden" name="key" value={form.key} />
      <Field
        label="Name"
        name="name"
        value={form.name}
        hint={`What uses the token, for example ci-pipeline. ${whose} needs a different name.`}
        error={errors.name}
        autocomplete="off"
        required
        autofocus={problem === undefined}
      />
      <Field
        label="Description (optional)"
        name="description"
        value={form.description}
        error={errors.description}
        autocomplete="off"
      />
      <ExpiryField form={form} choices={choices} error={errors.expires_in ?? errors.expires_at} />
      <label class="inline">
        <input type="checkbox" name="quiet_networks" value="true" checked={form.quietNetworks} />
        {account ? 'Send the maintainers no mail' : 'Send me no mail'} when it is used from a new network
      </label>
      <label class="inline">
        <input type="checkbox" name="canary" value="true" checked={form.canary} />
        <span>
          Make it a canary. Its value never works. When somebody presents it, {account ? 'the maintainers' : 'you'} and
          all Organization Superusers get a mail.
        </span>
      </label>
      <RuleFields rules={form.rules} offeredApps={offeredApps} problem={problem} />
    </FormDialog>
  );
}

interface ExpiryFieldProps {
  form: Pick<CreateTokenForm, 'expires' | 'date'>;
  choices: ExpiryChoices;
  error: string | undefined;
}

/** The choice of the expiry of a new token. */
export function ExpiryField({ form, choices: { lifetimes, dates, never }, error }: ExpiryFieldProps) {
  return (
    <fieldset aria-describedby={error && 'expires-error'}>
      <legend>Expires</legend>
      {lifetimes.map((seconds) => (
        <Choice value={String(seconds)} selected={form.expires}>
          In {formatLifetime(seconds)}
        </Choice>
      ))}
      {never && (
        <Choice value="never" selected={form.expires}>
          Never
        </Choice>
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

function Choice({ value, selected, children }: { value: string; selected: string; children: Child }) {
  return (
    <label class="inline">
      <input type="radio" name="expires" value={value} checked={value === selected} required />
      <span>{children}</span>
    </label>
  );
}
