import type { ProblemError } from '../../../shared/problem.ts';
import { webhookFormats } from '../../../shared/schemas/webhooks.ts';
import { Field } from '../shell/components/form.tsx';
import { FormDialog } from '../shell/components/form-dialog.tsx';
import { TextArea } from '../shell/components/text-area.tsx';
import { listError } from '../shell/form-problem.ts';
import { formatLabels, type WebhookForm } from './webhook-form.ts';
import { webhookPath, webhooksPath } from './webhook-paths.ts';

interface WebhookDialogProps {
  /** The ID of the webhook that the form edits. Undefined: the form creates a webhook. */
  id?: string | undefined;
  closeHref: string;
  form: WebhookForm;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
}

/** The form that creates or edits a webhook. */
export function WebhookDialog({ id, closeHref, form, problem }: WebhookDialogProps) {
  const errorOf = (name: string) => listError(problem, name);
  return (
    <FormDialog
      title={id ? 'Edit webhook' : 'Create a webhook'}
      closeHref={closeHref}
      action={id ? `${webhookPath(id)}/edit` : webhooksPath}
      submit={id ? 'Save' : 'Create webhook'}
      problem={problem}
    >
      {form.shown && <ShownWebhook {...form.shown} />}
      <Field
        label="URL"
        name="url"
        type="url"
        value={form.url}
        error={errorOf('url')}
        hint="https://, or http:// for localhost. The daemon sends events there."
        autocomplete="off"
        required
        autofocus={problem === undefined}
      />
      <TextArea
        label="Events (one a line)"
        name="events"
        value={form.events}
        error={errorOf('events')}
        hint="Names of audit actions, such as token.revoked. token.* stands for all that begin with it, and * for all."
      />
      <div class="field">
        <label for="format">Format</label>
        <select id="format" name="format">
          {webhookFormats.map((format) => (
            <option value={format} selected={format === form.format}>
              {formatLabels[format]}
            </option>
          ))}
        </select>
      </div>
      <Field
        label="Description (optional)"
        name="description"
        value={form.description}
        error={errorOf('description')}
        autocomplete="off"
      />
    </FormDialog>
  );
}

/** The values that the form was first shown with. An edit changes only the fields that differ from them. */
function ShownWebhook({ url, events, format, description }: WebhookForm) {
  return (
    <>
      <input type="hidden" name="shown_url" value={url} />
      <input type="hidden" name="shown_events" value={events} />
      <input type="hidden" name="shown_format" value={format} />
      <input type="hidden" name="shown_description" value={description} />
    </>
  );
}
