import type { Confirmation } from './confirmation.ts';
import type { ConfirmedAction } from './member-actions.ts';

/** The confirmations of the actions that invite a member again. */
export const invitationConfirmations: Record<Extract<ConfirmedAction, 'invite' | 'invitation-link'>, Confirmation> = {
  invite: {
    title: (name) => `Invite ${name} again?`,
    confirm: 'Send invitation',
    body: ({ user }) => (
      <>
        <p>{user.email} gets another invitation. If this server cannot send mail, you see the link and pass it on.</p>
        <p>The link of the earlier invitation stops working.</p>
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
          <p>The link of the earlier invitation stops working. An invitation that waits to be mailed is not sent.</p>
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
