import type { Child, PropsWithChildren } from 'hono/jsx';

interface ValueDialogProps {
  title: string;
  /** The text that says why the value must be saved now, and how to replace a lost one. */
  warning: Child;
  /** Label of the field with the value. */
  label: string;
  /** No other page shows it. */
  value: string;
  /** URL that “I have saved it” opens. */
  doneHref: string;
  /** Whether other pages show the value as well, so that nobody has to save it. The button is then “Done”. */
  isPublic?: boolean;
}

/**
 * A dialog that shows a value once, such as a new token. It closes only by “I have saved it”: `console.js` ignores Escape, and asks
 * once before the page is left if nobody copied the value. Without JavaScript, it is a part of the page. `children` follow the value.
 */
export function ValueDialog(props: PropsWithChildren<ValueDialogProps>) {
  const { title, warning, label, value, doneHref, isPublic = false, children } = props;
  return (
    <dialog open data-modal class="value" aria-labelledby="dialog-title" aria-describedby="value-warning">
      <h2 id="dialog-title">{title}</h2>
      <p class={isPublic ? undefined : 'note warning'} id="value-warning">
        {warning}
      </p>
      <label for="value">{label}</label>
      <div class="secret">
        <input
          id="value"
          class="mono"
          value={value}
          readonly
          autofocus
          autocomplete="off"
          spellcheck={false}
          data-secret={isPublic ? undefined : true}
          data-unsaved={isPublic ? undefined : true}
        />
        <CopyButton of="value" primary />
      </div>
      {children}
      <div class="actions">
        <a class="button" href={doneHref} data-saved>
          {isPublic ? 'Done' : 'I have saved it'}
        </a>
      </div>
    </dialog>
  );
}

interface CopyButtonProps {
  /** ID of the element with the text. */
  of: string;
  primary?: boolean;
  label?: string;
}

/** Copies the text of an element, and says so in space that is reserved for it. Without JavaScript, there is no button. */
export function CopyButton({ of, primary = false, label = 'Copy' }: CopyButtonProps) {
  const status = <span id={`${of}-copied`} class="copied" role="status" />;
  return (
    <>
      {!primary && status}
      <button
        type="button"
        class={primary ? 'primary' : 'quiet'}
        data-copy={of}
        data-focus={primary || undefined}
        hidden
      >
        {label}
      </button>
      {primary && status}
    </>
  );
}
