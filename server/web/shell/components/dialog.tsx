import type { PropsWithChildren } from 'hono/jsx';

export interface DialogProps {
  title: string;
  /** URL that Cancel and Escape open. Its fragment names the element that receives the focus afterwards. */
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
