import type { ProblemError } from '../../../shared/problem.ts';
import type { AppContext } from '../../http/context.ts';
import { fieldErrors } from '../shell/form-problem.ts';
import { Alert, Dialog, Field, FormToken } from '../shell/parts.tsx';
import type { CreateTokenForm } from './create-token-form.ts';
import { type ExpiryChoices, lifetimeInWords } from './expiry-choices.ts';

interface CreateTokenProps {
  c: AppContext;
  closeHref: string;
  form: CreateTokenForm;
  choices: ExpiryChoices;
  refused?: ProblemError | undefined;
}

/** The form for a new token, empty or as it was refused. */
export function CreateTokenDialog({ c, closeHref, form, choices, refused }: CreateTokenProps) {
  const errors = fieldErrors(refused);
  return (
    <Dialog title="Create new token" closeHref={closeHref}>
      {refused && (
        <Alert>{refused.errors ? 'No token was created. Correct what is marked below.' : refused.message}</Alert>
      )}
      <form method="post" action="/profile/api-tokens">
        <FormToken c={c} />
        <input type="hidden" name="key" value={form.key} />
        <Field
          label="Name"
          name="name"
          value={form.name}
          hint="What will use it, such as ci-pipeline. Your tokens have different names."
          error={errors.name}
          autocomplete="off"
          required
          autofocus={refused === undefined}
        />
        <Field
          label="Description (optional)"
          name="description"
          value={form.description}
          error={errors.description}
          autocomplete="off"
        />
        <ExpiryField form={form} choices={choices} error={errors.expires_in ?? errors.expires_at} />
        <div class="actions">
          <a class="button" href={closeHref}>
            Cancel
          </a>
          <button type="submit" class="primary">
            Create token
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ExpiryProps {
  form: CreateTokenForm;
  choices: ExpiryChoices;
  error: string | undefined;
}

function ExpiryField({ form, choices: { lifetimes, days, never }, error }: ExpiryProps) {
  return (
    <fieldset aria-describedby={error && 'expires-error'}>
      <legend>Expires</legend>
      {lifetimes.map((seconds) => (
        <Choice value={String(seconds)} chosen={form.expires}>
          in {lifetimeInWords(seconds)}
        </Choice>
      ))}
      {never && (
        <Choice value="never" chosen={form.expires}>
          never
        </Choice>
      )}
      {days && (
        <>
          <Choice value="date" chosen={form.expires}>
            on a day
          </Choice>
          <Field
            label="Day"
            name="date"
            type="date"
            value={form.date}
            min={days.first}
            max={days.last}
            hint="The token works until that day ends in UTC."
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

function Choice({ value, chosen, children }: { value: string; chosen: string; children: unknown }) {
  return (
    <label class="inline">
      <input type="radio" name="expires" value={value} checked={value === chosen} required />
      <span>{children}</span>
    </label>
  );
}
