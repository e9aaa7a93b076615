import type { ProblemError } from '../../../shared/problem.ts';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { TextArea } from '../shell/components/text-area.tsx';
import { listError } from '../shell/form-problem.ts';
import type { AppForm } from './app-form.ts';
import { appPath, appsPath } from './app-paths.ts';

interface AppDialogProps {
  /** The app that the form edits. Undefined: the form registers an app. */
  app?: { id: string; name: string } | undefined;
  closeHref: string;
  form: AppForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form that registers or edits an app. */
export function AppDialog({ app, closeHref, form, problem }: AppDialogProps) {
  const errorOf = (name: string) => listError(problem, name);
  return (
    <FormDialog
      title={app ? `Edit ${app.name}` : 'Register an app'}
      closeHref={closeHref}
      action={app ? `${appPath(app.id)}/edit` : appsPath}
      submit={app ? 'Save' : 'Register app'}
      problem={problem}
    >
      {form.shown && <ShownApp {...form.shown} />}
      {!app && (
        <Field
          label="Name"
          name="name"
          value={form.name}
          error={errorOf('name')}
          hint="Lowercase letters, digits and hyphens. The configuration of your proxy contains it: /verify/apps/NAME/…"
          autocomplete="off"
          required
          autofocus={problem === undefined}
        />
      )}
      <Field label="URL (optional)" name="url" type="url" value={form.url} error={errorOf('url')} autocomplete="off" />
      <TextArea
        label="Groups (one a line)"
        name="groups"
        value={form.groups}
        error={errorOf('groups')}
        hint="Only tokens of members in one of these groups are accepted. Without groups, the tokens of all members are accepted."
      />
      <Field
        label="Maximum expiry (optional)"
        name="max_expiry"
        value={form.maxExpiry}
        error={errorOf('max_expiry') && 'Enter a duration such as 12h, 90d or 1y, of at most 100 years.'}
        hint="The longest time for which a token of this app may be valid, such as 90d. A lower maximum shortens no token that exists."
        autocomplete="off"
      />
      <TextArea
        label="Hosts (one a line)"
        name="hosts"
        value={form.hosts}
        error={errorOf('hosts')}
        hint="Needed only if your proxy's configuration does not name the app. The proxy must route by this host. Otherwise, clients can choose the app."
      />
      <label class="inline">
        <input type="checkbox" name="preflight" value="yes" checked={form.preflight} />
        <span>Let CORS preflight requests reach the app without a token</span>
      </label>
    </FormDialog>
  );
}

/** The values that the form was first shown with. An edit changes only the fields that differ from them. */
function ShownApp({ url, hosts, groups, maxExpiry, preflight }: AppForm) {
  return (
    <>
      <input type="hidden" name="shown_url" value={url} />
      <input type="hidden" name="shown_hosts" value={hosts} />
      <input type="hidden" name="shown_groups" value={groups} />
      <input type="hidden" name="shown_max_expiry" value={maxExpiry} />
      {preflight && <input type="hidden" name="shown_preflight" value="yes" />}
    </>
  );
}
