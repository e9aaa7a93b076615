import type { PropsWithChildren } from 'hono/jsx';
import { usePage } from './page-context.ts';

/** What a page says about a mail. Empty if no mail server is configured, because then nobody gets it. */
export function Mailed({ children }: PropsWithChildren) {
  return usePage().sendsMail && children;
}

/** What a page says if no mail server is configured. */
export function NotMailed({ children }: PropsWithChildren) {
  return !usePage().sendsMail && children;
}
