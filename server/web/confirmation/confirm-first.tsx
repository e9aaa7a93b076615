import { useMember } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';

/** The page that confirms before there is a form. */
export const confirmFirstPath = '/profile/confirm';
/** Where the script of a passkey asks for a challenge. */
export const confirmOptionsPath = `${confirmFirstPath}/options`;

interface ConfirmFirstProps {
  /** Whether the session of this browser is confirmed. */
  isConfirmed: boolean;
  /** Path of the approval page. */
  returnTo: string;
}

/**
 * Lets superusers confirm who they are before they approve a session, which then begins confirmed. Other members do not need
 * that. Only the page for a program on the same computer offers it: the code of a device can come from somebody else.
 */
export function ConfirmFirst({ isConfirmed, returnTo }: ConfirmFirstProps) {
  if (isConfirmed || !useMember().superuser) return null;
  return (
    <p class="hint">
      Commands that give power, such as <code>tokens users promote</code>, will ask who you are.{' '}
      <a href={formatUrl({ path: confirmFirstPath, query: { next: returnTo } })}>Confirm it first</a> to use them within
      the next hour.
    </p>
  );
}
