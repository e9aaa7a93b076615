import type { PropsWithChildren } from 'hono/jsx';
import { usePage } from './page-context.ts';

/** Text about a mail. Renders nothing if no mail server is configured, because then nobody gets the mail. */
export function Mailed({ children }: PropsWithChildren) {
  return usePage().sendsMail && children;
}

/** Text for a server without a mail server. */
export function NotMailed({ children }: PropsWithChildren) {
  return !usePage().sendsMail && children;
}
