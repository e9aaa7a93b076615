import { count } from '../../../../shared/count.ts';
import { Mailed } from '../../shell/mailed.tsx';
import type { Confirmation } from './confirmation.ts';
import { invitationConfirmations } from './invitation-texts.tsx';
import type { ConfirmedAction } from './member-actions.ts';
import { OrphanedAccounts, orphaningText } from './orphaned-accounts.tsx';

/** Title, button and explanation of each action's confirmation dialog. */
export const confirmations: Record<ConfirmedAction, Confirmation> = {
  ungrant: {
    title: (name) => `Remove the permission of ${name}?`,
    confirm: 'Remove permission',
    danger: true,
    body: ({ user, activeTokens }) => (
      <>
        <p>{user.email} can no longer create tokens.</p>
        <p>{stoppedTokens('blocks', activeTokens)}</p>
        <p>If you grant the permission again, the blocked tokens work again.</p>
      </>
    ),
  },
  ...invitationConfirmations,
  promote: {
    title: (name) => `Make ${name} an Organization Superuser?`,
    confirm: 'Make superuser',
    body: ({ user }) => (
      <>
        <p>
          {user.email} can then manage all members, their permissions, and their tokens, including your own account, and
          read all audit events.
        </p>
        <p>Not even a superuser can see the value of a token.</p>
      </>
    ),
  },
  demote: {
    title: (name) => `Remove the superuser role of ${name}?`,
    confirm: 'Remove role',
    danger: true,
    body: ({ user, isSelf }) => (
      <>
        {isSelf && (
          <OwnAccountWarning>
            You lose access to these pages immediately, and only another superuser can restore it.
          </OwnAccountWarning>
        )}
        <p>{user.email} can no longer manage members and their tokens, but keeps their own tokens.</p>
      </>
    ),
  },
  'make-auditor': {
    title: (name) => `Make ${name} an auditor?`,
    confirm: 'Make auditor',
    body: ({ user }) => (
      <>
        <p>
          {user.email} can then read all members, tokens, apps, OAuth clients, service accounts, reports and audit
          events, and change nothing of them.
        </p>
        <p>Nobody can see the value of a token.</p>
      </>
    ),
  },
  'remove-auditor': {
    title: (name) => `Remove the auditor role of ${name}?`,
    confirm: 'Remove role',
    danger: true,
    body: ({ user }) =>
      user.superuser ? (
        <p>{user.email} stays an Organization Superuser, who reads the same.</p>
      ) : (
        <p>{user.email} can no longer read what belongs to others, but keeps their own tokens.</p>
      ),
  },
  enable: {
    title: (name) => `Enable the account of ${name}?`,
    confirm: 'Enable account',
    body: ({ user }) => (
      <>
        <p>{user.email} can sign in again.</p>
        {user.tokenCount > 0 && (
          <p>
            {user.canManageTokens
              ? `The account has ${count(user.tokenCount, 'token')}. Tokens that have not expired work again.`
              : `The account has ${count(user.tokenCount, 'token')}. They stay blocked until you grant the permission.`}
          </p>
        )}
      </>
    ),
  },
  disable: {
    title: (name) => `Disable the account of ${name}?`,
    confirm: 'Disable account',
    danger: true,
    body: ({ user, activeTokens, isSelf, orphaned }) => (
      <>
        {isSelf && <SignedOutWarning />}
        <p>{user.email} is signed out everywhere and cannot sign in.</p>
        <p>{stoppedTokens('disables', activeTokens)}</p>
        <p>If you enable the account again, its tokens work again.</p>
        {orphaned.length > 0 && <p>{orphaningText(orphaned)}</p>}
        <OrphanedAccounts accounts={orphaned} />
      </>
    ),
  },
  'reset-two-step': {
    title: (name) => `Reset two-factor sign-in for ${name}?`,
    confirm: 'Reset two-factor sign-in',
    danger: true,
    body: ({ user }) => (
      <>
        <p>
          Use this if {user.email} has lost the authenticator app and the recovery codes. All sessions of the account
          end. The password alone is then enough to sign in, until two-factor sign-in is set up again.
        </p>
        <p>
          First make sure that the request really comes from this member.
          <Mailed> The member is notified by email.</Mailed>
        </p>
      </>
    ),
  },
  unbind: {
    title: (name) => `Unbind ${name} from single sign-on?`,
    confirm: 'Unbind',
    danger: true,
    body: ({ user, isSelf }) => (
      <>
        {isSelf && <OwnAccountWarning>You are signed out immediately.</OwnAccountWarning>}
        <p>
          Use this if the identity provider gave {user.email} a new identity, so that sign-in is refused. All sessions
          of the account end. Its tokens keep working.
        </p>
        <p>
          The next single sign-on with this email address connects the account again, if the provider verified the
          address. First make sure that it still belongs to this member. A member whose password signs them in connects
          it on their profile instead.<Mailed> The member is notified by email.</Mailed>
        </p>
      </>
    ),
  },
  'end-sessions': {
    title: (name) => `End all sessions of ${name}?`,
    confirm: 'End all sessions',
    danger: true,
    body: ({ user }) => (
      <p>
        {user.email} is signed out of every browser and program, and can sign in again. Links that were mailed to this
        address stop working. Tokens keep working.
      </p>
    ),
  },
  'revoke-tokens': {
    title: (name) => `Revoke all tokens of ${name}?`,
    confirm: 'Revoke all tokens',
    danger: true,
    body: ({ user, activeTokens }) => (
      <>
        <p>
          This permanently revokes {count(user.tokenCount, 'token')} ({activeTokens} active). Requests that use them are
          denied with status 401. You cannot undo this.
        </p>
        <Mailed>
          <p>{user.email} gets one email that lists them all.</p>
        </Mailed>
      </>
    ),
  },
  delete: {
    title: (name) => `Delete ${name} for good?`,
    confirm: 'Delete',
    danger: true,
    body: ({ user, activeTokens, orphaned }) => (
      <>
        <p>You cannot undo this. To keep the account, offboard the member instead. Deleting does the following:</p>
        <ul>
          <li>
            {user.tokenCount > 0
              ? `Permanently revokes ${count(user.tokenCount, 'token')} (${activeTokens} active).`
              : 'Revokes no tokens, because the account has none.'}
          </li>
          <li>Ends all sessions, and erases the name and {user.email}. The audit log keeps a pseudonym.</li>
          {orphaned.length > 0 && <li>{orphaningText(orphaned)}</li>}
        </ul>
        <OrphanedAccounts accounts={orphaned} />
        <p>
          Remove the member at your identity provider first, if there is one. Otherwise they may be able to join again.
        </p>
      </>
    ),
  },
  erase: {
    title: (name) => `Erase ${name} from the database?`,
    confirm: 'Erase',
    danger: true,
    body: ({ user, activeTokens }) => (
      <>
        <p>You cannot undo this. Erasing does the following:</p>
        <ul>
          <li>
            {user.tokenCount > 0
              ? `Permanently revokes ${count(user.tokenCount, 'token')} (${activeTokens} active).`
              : 'Revokes no tokens, because the account has none.'}
          </li>
          <li>
            Deletes the account, and puts a pseudonym in place of {user.email} and earlier addresses in audit events,
            queued mail and every other text in the database.
          </li>
          <li>Sends {user.email} no mail.</li>
        </ul>
        <p>Backups and logs outside the database keep the address until you treat them.</p>
      </>
    ),
  },
};

/** Says what becomes of the active tokens, with the word of the badge that they have afterwards. */
function stoppedTokens(verb: 'blocks' | 'disables', active: number): string {
  if (active === 0) return `This ${verb} no active tokens.`;
  const which = active === 1 ? 'it' : 'them';
  return `This ${verb} ${count(active, 'active token')} immediately: requests that use ${which} are denied with status 401.`;
}

function SignedOutWarning() {
  return (
    <OwnAccountWarning>
      You are signed out immediately, and only another superuser can enable the account again.
    </OwnAccountWarning>
  );
}

function OwnAccountWarning({ children }: { children: string }) {
  return (
    <p class="note warning">
      <strong>This is your own account.</strong> {children}
    </p>
  );
}
