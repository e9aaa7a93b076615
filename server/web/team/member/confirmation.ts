import type { Child } from 'hono/jsx';
import type { UserSummary } from '../../../store/records.ts';

/** The member that an action affects. */
export interface ActionSubject {
  user: UserSummary;
  /** Number of the member's tokens that are active now. */
  activeTokens: number;
  /** Whether the superuser acts on their own account. */
  isSelf: boolean;
  /** Whether members join through single sign-on, so that links of invitations have no secret. */
  sso: boolean;
}

/** The texts of the dialog that asks for confirmation of an action. */
export interface Confirmation {
  title(name: string): string;
  confirm: string;
  danger?: boolean;
  body(subject: ActionSubject): Child;
}
