import { usePage } from '../page-context.ts';

/**
 * Names the address at which the console works. At any other address, the browser gets no session, and no form is accepted.
 * `console.js` compares it with the address bar and shows the warning instead of the hint.
 */
export function PublicAddress() {
  const { publicUrl } = usePage();
  const link = <a href={`${publicUrl}/`}>{publicUrl}</a>;
  return (
    <div data-public-origin={new URL(publicUrl).origin}>
      <p class="hint" data-right-origin>
        The address of this console is {link}.
      </p>
      <p class="note danger" data-wrong-origin hidden>
        You opened this page at another address, where signing in and forms do not work. Go to {link}.
      </p>
    </div>
  );
}
