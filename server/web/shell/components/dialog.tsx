import type { PropsWithChildren } from 'hono/jsx';
import { FormToken } from './form.tsx';

interface DialogProps {
  title: string;
  /** URL that Cancel and Escape lead to. Its fragment names the element that receives the focus afterwards. */
  closeHref: string;
}

/**
 * A dialog that the server renders into the page for `?dialog=…`. Without JavaScript it only covers the page.
 * `console.js` makes it modal, so that it traps the focus and closes on Escape.
 */
export function Dialog({ title, closeHref, children }: PropsWithChildren<DialogProps>) {
  return (
    <dialog open data-modal data-close={closeHref} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmDialogProps extends DialogProps {
  /** Path that the form is posted to. */
  action: string;
  /** Label of the submit button, a verb. */
  confirm: string;
  danger?: boolean;
}

/** A dialog that asks for confirmation before it posts a form. */
export function ConfirmDialog(props: PropsWithChildren<ConfirmDialogProps>) {
  const { title, closeHref, action, confirm, danger, children } = props;
  return (
    <Dialog title={title} closeHref={closeHref}>
      <form method="post" action={action}>
        <FormToken />
        {children}
        <div class="actions">
          <a class="button" href={closeHref} autofocus>
            Cancel
          </a>
          <button type="submit" class={danger ? 'danger' : 'primary'}>
            {confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
