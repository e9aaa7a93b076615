import type { Child, PropsWithChildren } from 'hono/jsx';
import type { ProblemError } from '../../../../shared/problem.ts';
import { JustConfirmed } from '../../../domain/sign-in/confirmation/required.ts';
import { Dialog, type DialogProps } from './dialog.tsx';
import { Alert, Confirmed, FormToken } from './form.tsx';

interface FormDialogProps extends DialogProps {
  /** Path that the form is posted to. */
  action: string;
  /** Label of the submit button, a verb. */
  submit: Child;
  danger?: boolean;
  /** Class of the form, for the style sheet. */
  class?: string;
  /** Whether Cancel receives the focus, rather than a field. */
  focusCancel?: boolean;
  /** Another way to send the form, beside its buttons. It comes last, because the Enter key uses the first button. */
  footer?: Child;
  /** Why the form was rejected. */
  problem?: ProblemError | undefined;
  /** The text that says what did not happen, if fields are wrong. */
  unchanged?: string;
}

/** A dialog with a form: the problem if the form was rejected, the fields, and the buttons. */
export function FormDialog(props: PropsWithChildren<FormDialogProps>) {
  const { title, closeHref, action, submit, danger, focusCancel = false, problem, children } = props;
  const { unchanged = 'Nothing was changed.' } = props;
  return (
    <Dialog title={title} closeHref={closeHref}>
      {problem && <FormProblem problem={problem} unchanged={unchanged} />}
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
          {props.footer}
        </div>
      </form>
    </Dialog>
  );
}

/** Says why a form was rejected, or that it is shown again after a confirmation. */
export function FormProblem({
  problem,
  unchanged = 'Nothing was changed.',
}: {
  problem: ProblemError;
  unchanged?: string;
}) {
  if (problem instanceof JustConfirmed) return <Confirmed>{problem.message}</Confirmed>;
  return <Alert>{problem.errors ? `${unchanged} Correct the fields below.` : problem.message}</Alert>;
}

type ConfirmDialogProps = DialogProps &
  Pick<FormDialogProps, 'action' | 'danger' | 'problem'> & {
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
