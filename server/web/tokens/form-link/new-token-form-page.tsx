import type { ProblemError } from '../../../../shared/problem.ts';
import type { OfferedNames } from '../../../domain/offered-names.ts';
import { Alert, FormToken } from '../../shell/components/form.tsx';
import { CopyButton } from '../../shell/components/value-dialog.tsx';
import { Layout } from '../../shell/layout.tsx';
import { CreateTokenFields, FormLinkButton } from '../create-token-dialog.tsx';
import type { ExpiryChoices } from '../expiry-choices.ts';
import type { OfferedOwners } from '../fields/owner-field.tsx';
import { PermissionMissing } from '../permission-missing.tsx';
import { tokensPath } from '../token-paths.ts';
import type { FilledForm } from './form-link.ts';
import { formPath } from './form-path.ts';

interface NewTokenFormPageProps extends Partial<Pick<FilledForm, 'filled' | 'mistakes'>> {
  form: FilledForm['form'];
  choices: ExpiryChoices;
  offeredApps: OfferedNames;
  /** The service accounts that may own the token. */
  offeredOwners: OfferedOwners;
  /** Why the form was rejected, or what is wrong with the link. */
  problem?: ProblemError | undefined;
  /** The link that fills in a form like this one, if the member asked for it. */
  link?: string;
}

/** The form for a new token as a page of its own, which a link can fill in. Opening the link creates nothing. */
export function NewTokenFormPage(props: NewTokenFormPageProps) {
  const { form, choices, offeredApps, offeredOwners, problem, filled, mistakes = [], link } = props;
  const isFilled = filled !== undefined && filled.size > 0;
  return (
    <Layout title="Create token" section={tokensPath}>
      <p>
        <a href={tokensPath}>Back to your API tokens</a>
      </p>
      <h1>Create token</h1>
      {isFilled && (
        <p class="note warning">
          <strong>This form was filled in by a link. Check it.</strong> Nothing was created. The marked fields are what
          the link says. Create the token only if you know who made the link and what for.
        </p>
      )}
      {mistakes.map((mistake) => (
        <Alert>{mistake}</Alert>
      ))}
      {problem && <Alert>{problem.errors ? correction(filled !== undefined) : problem.message}</Alert>}
      {link !== undefined && <FormLink link={link} />}
      <form method="post" action={formPath} class="card new-token">
        <FormToken />
        <CreateTokenFields
          {...{ form, choices, offeredApps, offeredOwners, problem }}
          {...(filled && { filled })}
          owner={form.serviceAccount || null}
        />
        <div class="actions">
          <a class="button" href={tokensPath}>
            Cancel
          </a>
          <button type="submit" class="primary">
            Create token
          </button>
          <FormLinkButton />
        </div>
      </form>
    </Layout>
  );
}

/** Asks the member to correct the fields. Does not say that a link was refused, because it was only opened. */
function correction(isOpened: boolean): string {
  return isOpened
    ? 'The server would refuse what the link says. Correct the fields below.'
    : 'No token was created. Correct the fields below.';
}

/** Takes the place of the form for members who may not create tokens of their own. */
export function NewTokenRefusedPage({ superusers }: { superusers: string[] }) {
  return (
    <Layout title="Create token" section={tokensPath}>
      <p>
        <a href={tokensPath}>Back to your API tokens</a>
      </p>
      <h1>Create token</h1>
      <PermissionMissing superusers={superusers} hasTokens={false} />
    </Layout>
  );
}

/** The link, and a button that copies it. */
function FormLink({ link }: { link: string }) {
  return (
    <div class="card">
      <label for="form-link">Link to this form</label>
      <div class="secret">
        <input id="form-link" class="mono" value={link} readonly />
        <CopyButton of="form-link" primary />
      </div>
      <p class="hint">It fills in the form for whoever opens it, and creates nothing. It contains no value.</p>
    </div>
  );
}
