import type { PropsWithChildren } from 'hono/jsx';
import type { ProblemError } from '../../../../shared/problem.ts';
import { Dialog, type DialogProps } from './dialog.tsx';
import { Alert, FormToken } from './form.tsx';

interface FormDialogProps extends DialogProps {
  /** Path that the form is posted to. */
  action: string;
  /** Label of the submit button, a verb. */
  submit: string;
  danger?: boolean;
  /** Class of the form, for the style sheet. */
  class?: string;
  /** Whether Cancel receives the focus, rather than a field. */
  focusCancel?: boolean;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
  /** What did not happen, if fields are wrong. */
  unchanged?: string;
}

/** A dialog with a form: the problem if the form was rejected, the fields, and the buttons. */
export function FormDialog(props: PropsWithChildren<FormDialogProps>) {
  const { title, closeHref, action, submit, danger, focusCancel = false, problem, children } = props;
  const { unchanged = 'Nothing was changed.' } = props;
  return (
    <Dialog title={title} closeHref={closeHref}>
      {problem && <Alert>{problem.errors ? `${unchanged} Correct the fields below.` : problem.message}</Alert>}
      <form method="post" action={action} class={props.class}>
        <FormToken />
        {children}
        <div class="actions">
          <a class="button" href={closeHref} autofocus={focusCancel}>
            Cancel
          </a>
          <button type="submit" class={danger ? 'danger' : 'primary'}>
            {submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

type ConfirmDialogProps = DialogProps &
  Pick<FormDialogProps, 'action' | 'danger'> & {
    /** Label of the submit button, a verb. */
    confirm: string;
  };

/** A dialog that asks for confirmation before it posts a form. */
export function ConfirmDialog({ confirm, children, ...rest }: PropsWithChildren<ConfirmDialogProps>) {
  return (
    <FormDialog {...rest} submit={confirm} focusCancel>
      {children}
    </FormDialog>
  );
}
