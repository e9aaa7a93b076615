import type { PropsWithChildren } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import type { OfferedNames } from '../../domain/offered-names.ts';
import { serviceAccountPath, serviceAccountsPath } from '../service-accounts/service-account-paths.ts';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { fieldErrors } from '../shell/form-problem.ts';
import { usePage } from '../shell/page-context.ts';
import type { CreateTokenForm } from './create-token-form.ts';
import type { ExpiryChoices } from './expiry-choices.ts';
import { CanaryField, NewNetworkField, SelfRotateField } from './fields/choices.tsx';
import { ExpiryField } from './fields/expiry-field.tsx';
import { type OfferedOwners, OwnerField } from './fields/owner-field.tsx';
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
  /** The service accounts that may own the token, if the form asks. */
  offeredOwners?: OfferedOwners | undefined;
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
      <CreateTokenFields {...fields} owner={account?.name ?? (fields.form.serviceAccount || null)} />
    </FormDialog>
  );
}

interface CreateTokenFieldsProps
  extends Pick<CreateTokenDialogProps, 'form' | 'choices' | 'offeredApps' | 'offeredOwners' | 'problem'> {
  /** The name of the service account that will own the token. Null: the member owns it. */
  owner: string | null;
  /** The parameters of the link that filled in the form. */
  filled?: ReadonlySet<string>;
}

/** The words for the owner of the token in the texts of the form. */
interface OwnerWords {
  each: string;
  /** The readers of mails about the token. */
  reader: string;
  /** The same for a sentence about several readers. */
  told: string;
}

const wordsForMember: OwnerWords = { each: 'Each of your tokens', reader: 'me', told: 'you' };
const wordsForEither: OwnerWords = { each: 'Each token of one owner', reader: 'its owner', told: 'its owner' };

function wordsForAccount(account: string): OwnerWords {
  return { each: `Each token of ${account}`, reader: 'the maintainers', told: 'the maintainers' };
}

/** The fields of the form for a new token. Those that a link filled in are marked. */
export function CreateTokenFields(props: CreateTokenFieldsProps) {
  const { owner, form, choices, offeredApps, offeredOwners: owners, problem, filled } = props;
  const choosesOwner = owners !== undefined && (owners.names.length > 0 || form.serviceAccount !== '');
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
      {choosesOwner ? (
        <FromLink marked={filled?.has('service_account')}>
          <OwnerField value={form.serviceAccount} offered={owners} error={errors.service_account} />
        </FromLink>
      ) : (
        owner === null && <ServiceAccountHint creators={owners?.creators ?? []} />
      )}
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
      <FromLink marked={rules.length > 0}>
        <RuleFields rules={form.rules} offeredApps={offeredApps} problem={problem} />
      </FromLink>
      <NewNetworkField quiet={form.quietNetworks} reader={words.reader} />
      <FromLink marked={filled?.has('self_rotate')}>
        <SelfRotateField checked={form.selfRotate} />
        {errors.self_rotate && <p class="error">{errors.self_rotate}</p>}
      </FromLink>
      <CanaryField checked={form.canary} told={words.told} />
      <Meaning form={form} owner={owner} choosesOwner={choosesOwner} />
    </>
  );
}

/** A token of a member ends with the member's account. A token that must outlive the account needs another owner. */
function ServiceAccountHint({ creators }: Pick<OfferedOwners, 'creators'>) {
  const { seesServiceAccounts } = usePage();
  const account = seesServiceAccounts ? <a href={serviceAccountsPath}>service account</a> : 'service account';
  return (
    <p class="hint after-field">
      The token stops working when your account is disabled. For a pipeline or a server, let a {account} own it
      {creators.length > 0 && `: an Organization Superuser creates one (${creators.join(', ')})`}.
    </p>
  );
}

/** Shows the link that fills in a form like this one. It follows the button that creates the token, which the Enter key uses. */
export function FormLinkButton() {
  return (
    <button type="submit" class="quiet aside" name="link" value="true" formaction={formPath} formnovalidate>
      Copy link to this form
    </button>
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
