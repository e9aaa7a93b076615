import type { Child } from 'hono/jsx';
import type { UserRecord, UserSummary } from '../../../store/records.ts';

/** The member that an action affects. */
export interface ActionSubject {
  user: UserSummary;
  /** Number of the member's tokens that are active now. */
  activeTokens: number;
  /** Whether the superuser acts on their own account. */
  isSelf: boolean;
  /** Whether a copied invitation link has a secret, and is not only the address at which the member signs in. */
  hasSecretLink: boolean;
  /** The service accounts that the action leaves without an enabled maintainer. */
  orphaned: readonly UserRecord[];
}

/** The texts of the dialog that asks for confirmation of an action. */
export interface Confirmation {
  title(name: string): string;
  confirm: string;
  danger?: boolean;
  body(subject: ActionSubject): Child;
}
