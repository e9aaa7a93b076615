import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import type { OfferedNames } from '../../domain/offered-names.ts';
import { ServiceAccountField } from '../service-accounts/service-account-field.tsx';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { TextArea } from '../shell/components/text-area.tsx';
import { listError } from '../shell/form-problem.ts';
import { claimsHint, inputsOf } from './trust-fields.ts';
import type { TrustForm, TrustSystem } from './trust-form.ts';
import { TrustLimitFields } from './trust-limits.tsx';
import { trustsPath } from './trust-paths.ts';

interface CreateTrustDialogProps {
  closeHref: string;
  form: TrustForm;
  offeredAccounts: OfferedNames;
  offeredApps: OfferedNames;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form for a new trust. The style sheet shows the fields of the chosen system only. */
export function CreateTrustDialog({ closeHref, form, offeredAccounts, offeredApps, problem }: CreateTrustDialogProps) {
  const input = inputsOf({ ...form.fields }, problem);
  return (
    <FormDialog
      title="Create a trust"
      closeHref={closeHref}
      action={trustsPath}
      submit="Create trust"
      class="systems"
      problem={problem}
      unchanged="Nothing was created."
    >
      <Field
        label="Name"
        {...input('name')}
        hint="Lowercase letters, digits and hyphens, such as deploy-api. Jobs name it."
        required
        autofocus={problem === undefined}
      />
      <ServiceAccountField
        label="Service account"
        {...input('service_account')}
        offered={offeredAccounts}
        empty="Choose one"
        none="There is no enabled service account. A trust needs one: it owns the tokens that jobs receive."
        hint="It owns the tokens that jobs receive."
        required
      />
      <fieldset>
        <legend>Where do the jobs run?</legend>
        {systems.map(([system, label]) => (
          <label class="inline">
            <input type="radio" name="system" value={system} checked={system === form.system} required />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <SystemFields input={input} problem={problem} form={form} />
      <TrustLimitFields fields={form.fields} readOnly={form.readOnly} offeredApps={offeredApps} problem={problem} />
    </FormDialog>
  );
}

const systems: Array<[TrustSystem, string]> = [
  ['github', 'GitHub Actions'],
  ['gitlab', 'GitLab CI'],
  ['kubernetes', 'A Kubernetes cluster'],
  ['other', 'Another system that signs identity tokens'],
];

type Input = ReturnType<typeof inputsOf<keyof TrustForm['fields']>>;

function SystemFields({ input, problem, form }: { input: Input; problem: ProblemError | undefined; form: TrustForm }) {
  const issuerError = (system: TrustSystem) => (form.system === system ? listError(problem, 'issuer') : undefined);
  return (
    <>
      <System name="github" label="GitHub Actions">
        <Field label="Repository" {...input('repository')} hint="OWNER/REPO, such as acme/api." />
        <Field label="Environment (optional)" {...input('environment')} hint="Only jobs of this environment." />
        <Field
          label="Branch (optional)"
          {...input('github_ref')}
          hint="Only this branch, or a full ref such as refs/tags/v1. Without an environment and a branch, whoever can push to any branch has access."
        />
        <Field label="Workflow (optional)" {...input('workflow')} hint="Only this file, such as deploy.yml." />
      </System>
      <System name="gitlab" label="GitLab CI">
        <Field label="Project" {...input('project')} hint="GROUP/PROJECT on gitlab.com, such as acme/api." />
        <Field
          label="Branch (optional)"
          {...input('gitlab_ref')}
          hint="Only this branch, or a full ref such as refs/tags/v1."
        />
      </System>
      <System name="kubernetes" label="Kubernetes">
        <Field
          label="Issuer of the cluster"
          {...input('cluster')}
          error={listError(problem, 'cluster') ?? issuerError('kubernetes')}
          hint="An address such as https://cluster.example.com."
        />
        <Field label="Namespace" {...input('namespace')} />
        <Field label="Kubernetes service account" {...input('kubernetes_account')} />
      </System>
      <System name="other" label="Another system">
        <Field
          label="Issuer"
          {...input('issuer')}
          error={issuerError('other')}
          hint="Exactly as the identity tokens name it."
        />
        <TextArea label="Claims" {...input('claims')} hint={claimsHint} />
      </System>
    </>
  );
}

function System({ name, label, children }: { name: TrustSystem; label: string; children?: Child }) {
  return (
    <fieldset class={`system ${name}`}>
      <legend class="visually-hidden">{label}</legend>
      {children}
    </fieldset>
  );
}
