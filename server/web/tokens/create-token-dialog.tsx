import type { Child, PropsWithChildren } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import type { OfferedNames } from '../../domain/offered-names.ts';
import { serviceAccountPath } from '../service-accounts/service-account-paths.ts';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import type { CreateTokenForm } from './create-token-form.ts';
import { type ExpiryChoices, formatLifetime } from './expiry-choices.ts';
import { formPath } from './form-link/form-path.ts';
import { Meaning } from './form-link/meaning.tsx';
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
export function CreateTokenDialog({ account, closeHref, ...fields }: CreateTokenDialogProps) {
  return (
    <FormDialog
      title={account ? `Create a token for ${account.name}` : 'Create token'}
      closeHref={closeHref}
      action={account ? `${serviceAccountPath(account.id)}/tokens` : tokensPath}
      submit="Create token"
      problem={fields.problem}
      unchanged="No token was created."
      footer={<FormLinkButton />}
    >
      {account && <input type="hidden" name="service_account" value={account.name} />}
      <CreateTokenFields {...fields} owner={account?.name ?? null} />
    </FormDialog>
  );
}

interface CreateTokenFieldsProps extends Pick<CreateTokenDialogProps, 'form' | 'choices' | 'offeredApps' | 'problem'> {
  /** The name of the service account that will own the token. Null: the member owns it. */
  owner: string | null;
  /** Whether the form has a field for the service account, so that its texts must fit both. */
  choosesOwner?: boolean;
  /** The parameters of the link that filled in the form. */
  filled?: ReadonlySet<string>;
}

/** What texts of the form say about the owner of the token. */
interface OwnerWords {
  each: string;
  noMail: string;
  told: string;
}

const wordsForMember: OwnerWords = { each: 'Each of your tokens', noMail: 'Send me no mail', told: 'you' };
const wordsForEither: OwnerWords = { each: 'Each token of one owner', noMail: 'Send no mail', told: 'its owner' };

function wordsForAccount(account: string): OwnerWords {
  return { each: `Each token of ${account}`, noMail: 'Send the maintainers no mail', told: 'the maintainers' };
}

/** The fields of the form for a new token. Those that a link filled in are marked. */
export function CreateTokenFields(props: CreateTokenFieldsProps) {
  const { owner, choosesOwner = false, form, choices, offeredApps, problem, filled } = props;
  const errors = fieldErrors(problem);
  const words = choosesOwner ? wordsForEither : owner === null ? wordsForMember : wordsForAccount(owner);
  const rules = ['app', 'read_only', 'allow', 'from'].filter((name) => filled?.has(name));
  return (
    <>
      <input type="hidden" name="key" value={form.key} />
      <FromLink marked={filled?.has('name')}>
        <Field
          label="Name"
          name="name"
          value={form.name}
          hint={`What uses the token, for example ci-pipeline. ${words.each} needs a different name.`}
          error={errors.name}
          autocomplete="off"
          required
          autofocus={problem === undefined}
        />
      </FromLink>
      <FromLink marked={filled?.has('description')}>
        <Field
          label="Description (optional)"
          name="description"
          value={form.description}
          error={errors.description}
          autocomplete="off"
        />
      </FromLink>
      <FromLink marked={filled?.has('expires')}>
        <ExpiryField form={form} choices={choices} error={errors.expires_in ?? errors.expires_at} />
      </FromLink>
      <label class="inline">
        <input type="checkbox" name="quiet_networks" value="true" checked={form.quietNetworks} />
        {words.noMail} when it is used from a new network
      </label>
      <FromLink marked={filled?.has('self_rotate')}>
        <label class="inline">
          <input type="checkbox" name="self_rotate" value="true" checked={form.selfRotate} />
          Let whoever holds its value rotate it
        </label>
        {errors.self_rotate && <p class="error">{errors.self_rotate}</p>}
      </FromLink>
      <label class="inline">
        <input type="checkbox" name="canary" value="true" checked={form.canary} />
        <span>
          Make it a canary. Its value never works. When somebody presents it, {words.told} and all Organization
          Superusers get a mail.
        </span>
      </label>
      <FromLink marked={rules.length > 0}>
        <RuleFields rules={form.rules} offeredApps={offeredApps} problem={problem} />
      </FromLink>
      <Meaning form={form} owner={owner} choosesOwner={choosesOwner} />
    </>
  );
}

/** Shows the link that fills in a form like this one. It follows the button that creates the token, which the Enter key uses. */
export function FormLinkButton() {
  return (
    <div class="actions">
      <button type="submit" class="quiet" name="link" value="true" formaction={formPath} formnovalidate>
        Copy link to this form
      </button>
    </div>
  );
}

/** Marks a field that a link filled in. */
export function FromLink({ marked = false, children }: PropsWithChildren<{ marked?: boolean | undefined }>) {
  if (!marked) return <>{children}</>;
  return (
    <div class="from-link">
      <span class="badge warning">from the link</span>
      {children}
    </div>
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
      {withChosen(lifetimes, form.expires).map((seconds) => (
        <Choice value={String(seconds)} selected={form.expires}>
          In {formatLifetime(seconds)}
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
