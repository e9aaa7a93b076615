import type { Child } from 'hono/jsx';
import { count } from '../../../shared/count.ts';
import type { ServiceAccountSummary } from '../../store/records.ts';
import { ConfirmDialog } from '../shell/components/form-dialog.tsx';
import { Mailed } from '../shell/mailed.tsx';
import type { MessageCode } from '../shell/messages/texts.ts';
import { moreActionsId } from '../shell/object-heading.tsx';
import { briefList } from '../team/member-labels.ts';
import { serviceAccountPath } from './service-account-paths.ts';

/** The actions of a superuser on a service account. Each key is the last segment of the path of its POST. */
export const accountActions = {
  enable: { label: 'Enable', danger: false, success: 'service-account-enabled' },
  disable: { label: 'Disable', danger: true, success: 'service-account-disabled' },
  delete: { label: 'Delete', danger: true, success: 'service-account-deleted' },
} as const satisfies Record<string, { label: string; danger: boolean; success: MessageCode }>;

export type AccountAction = keyof typeof accountActions;

export function isAccountAction(text: string | undefined): text is AccountAction {
  return text !== undefined && Object.hasOwn(accountActions, text);
}

/** Returns the actions that fit the state of a service account. */
export function possibleAccountActions({ disabled }: Pick<ServiceAccountSummary, 'disabled'>): AccountAction[] {
  return [disabled ? 'enable' : 'disable', 'delete'];
}

interface AccountActionDialogProps {
  action: AccountAction;
  account: ServiceAccountSummary;
  /** The names of its trusts. */
  trusts: readonly string[];
}

/** Asks before an action, and says what it changes. */
export function AccountActionDialog({ action, account, trusts }: AccountActionDialogProps) {
  const path = serviceAccountPath(account.id);
  const { label, danger } = accountActions[action];
  return (
    <ConfirmDialog
      title={`${label} ${account.name}?`}
      closeHref={`${path}#${action === 'delete' ? moreActionsId : action}`}
      action={`${path}/${action}`}
      confirm={`${label} service account`}
      danger={danger}
    >
      {consequences(action, account, trusts)}
    </ConfirmDialog>
  );
}

function consequences(action: AccountAction, account: ServiceAccountSummary, trusts: readonly string[]): Child {
  switch (action) {
    case 'enable':
      return <p>Requests that use its tokens are accepted again, as far as the tokens themselves are active.</p>;
    case 'disable':
      return (
        <p>
          Requests that use its tokens are denied until you enable it again, and jobs get no tokens for it. Nothing is
          revoked.
        </p>
      );
    case 'delete':
      return <Losses account={account} trusts={trusts} />;
  }
}

function Losses({ account: { name, tokenCount }, trusts }: Omit<AccountActionDialogProps, 'action'>) {
  return (
    <>
      <p>You cannot undo this. What is lost:</p>
      <ul>
        <li>
          {tokenCount === 0
            ? 'It has no tokens.'
            : `${count(tokenCount, 'token')}: every program that uses ${tokenCount === 1 ? 'it' : 'one of them'} stops working immediately.`}
        </li>
        <li>
          {trusts.length === 0
            ? 'It has no trusts.'
            : `${count(trusts.length, 'trust')}: jobs get no tokens under ${briefList(trusts)} anymore, and those that they have are revoked.`}
        </li>
      </ul>
      <p>
        <Mailed>Its maintainers get a mail. </Mailed>The name is then free; a new service account called {name} inherits
        nothing.
      </p>
    </>
  );
}

interface RemoveMaintainerDialogProps {
  account: ServiceAccountSummary;
  email: string;
  /** Whether the member removes themselves and is not a superuser. */
  losesAccess: boolean;
}

/** Asks before a maintainer is removed. */
export function RemoveMaintainerDialog({ account, email, losesAccess }: RemoveMaintainerDialogProps) {
  const path = serviceAccountPath(account.id);
  return (
    <ConfirmDialog
      title="Remove this maintainer?"
      closeHref={`${path}#remove-${account.maintainers.indexOf(email)}`}
      action={`${path}/maintainers/remove`}
      confirm="Remove maintainer"
      danger
    >
      <input type="hidden" name="email" value={email} />
      <p>
        {losesAccess ? 'You' : email} can then no longer see or manage the tokens of {account.name}. Values of tokens
        that {losesAccess ? 'you' : 'they'} know keep working: rotate those tokens.
      </p>
      {account.maintainers.length === 1 && (
        <p class="note warning">Nobody maintains it then. Mails about its tokens go to all Organization Superusers.</p>
      )}
    </ConfirmDialog>
  );
}
