import { Mailed, NotMailed } from '../../shell/mailed.tsx';
import type { Confirmation } from './confirmation.ts';
import type { ConfirmedAction } from './member-actions.ts';

/** The confirmations of the actions that invite a member again. */
export const invitationConfirmations: Record<Extract<ConfirmedAction, 'invite' | 'invitation-link'>, Confirmation> = {
  invite: {
    title: (name) => `Invite ${name} again?`,
    confirm: 'Invite again',
    body: ({ user, hasSecretLink }) => (
      <>
        <Mailed>
          <p>{user.email} gets another invitation by email.</p>
        </Mailed>
        <NotMailed>
          <p class="note warning">
            No mail server is configured, so no mail is sent. You see{' '}
            {hasSecretLink ? 'a new link' : 'where to sign in'} once, and tell {user.email} yourself.
          </p>
        </NotMailed>
        {user.invitedAt !== null && <p>The link of the earlier invitation stops working.</p>}
      </>
    ),
  },
  'invitation-link': {
    title: (name) => `Make an invitation link for ${name}?`,
    confirm: 'Make link',
    body: ({ user, hasSecretLink }) =>
      hasSecretLink ? (
        <>
          <p>You see a new link once, and pass it on to {user.email} yourself.</p>
          {user.invitedAt !== null && (
            <p>The link of the earlier invitation stops working. An invitation that waits to be mailed is not sent.</p>
          )}
          <p class="note warning">
            Anyone who has the link, including you, can set the password of the account. The audit log records that you
            made it.
          </p>
        </>
      ) : (
        <p>The link is the address at which {user.email} signs in with single sign-on. It contains no secret.</p>
      ),
  },
};
