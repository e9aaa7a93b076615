import { createContext, useContext } from 'hono/jsx';
import type { UserRecord } from '../../store/records.ts';
import type { Theme } from './frame/theme.ts';
import type { ShownMessage } from './messages/messages.ts';

/** The parts of a request that pages and components may read without receiving them as props. */
export interface PageContext {
  organization: string | null;
  publicUrl: string;
  /** Whether a mail server is configured. Without one, mails are written to files and reach nobody. */
  sendsMail: boolean;
  /** Whether members can sign in with single sign-on. An invitation then names the address at which everybody signs in, and no link. */
  hasSso: boolean;
  requestId: string;
  /** A notice above the content of the page, such as that the provider did not report the member's groups. */
  notice: string | undefined;
  /** A message about a completed change, such as "Bob was invited." */
  message: ShownMessage | undefined;
  /** Path and query of the page, without a dialog or the message about a change. The start page if the request posted a form. */
  path: string;
  theme: Theme;
  /** Whether the key `/` moves the focus to the search. */
  searchKey: boolean;
  /** Value of the hidden field in every posting form; see `form-token.ts`. */
  formToken: string;
  /** The signed-in member; null on a page for visitors. */
  member: UserRecord | null;
  /** Whether the member sees service accounts: superusers, auditors and maintainers do. */
  seesServiceAccounts: boolean;
}

/** Holds the context of one render. hono/jsx isolates concurrent renders from each other with AsyncLocalStorage. */
export const pageContext = createContext<PageContext | null>(null);

/** Returns the context of the page that is being rendered. Throws outside `c.render`. */
export function usePage(): PageContext {
  const page = useContext(pageContext);
  if (page === null) throw new Error('A page component was rendered without c.render.');
  return page;
}

/** Reports whether the member may read the data of others: superusers and auditors may. */
export function readsAll({ superuser, auditor }: Pick<UserRecord, 'superuser' | 'auditor'>): boolean {
  return superuser || auditor;
}

/** Returns the signed-in member. Throws on a page for visitors. */
export function useMember(): UserRecord {
  const { member } = usePage();
  if (member === null) throw new Error('This page needs a signed-in member.');
  return member;
}
