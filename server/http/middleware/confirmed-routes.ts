import type { ConfirmedAction } from '../../domain/sign-in/confirmation/required.ts';

/**
 * The routes of each action that needs a confirmation that it is really the member. Those of a `scopeTable` need one only from a session. Some
 * need it for part of their changes, such as a new role. The domain decides in the transaction of the change (`requireConfirmed`), so a route
 * that is missing here is still safe.
 */
export const confirmedRoutes: Readonly<Record<ConfirmedAction, readonly string[]>> = {
  createKey: ['POST /api/v1/tokens'],
  widenKey: ['PATCH /api/v1/tokens/:id'],
  rotateKey: ['POST /api/v1/tokens/:id/rotate'],
  promote: ['POST /api/v1/users', 'PATCH /api/v1/users/:id'],
  makeAuditor: ['POST /api/v1/users', 'PATCH /api/v1/users/:id'],
  // An invitation shows a link if it cannot be mailed.
  copyInvitationLink: ['POST /api/v1/users/:id/invitation-link', 'POST /api/v1/users/:id/invitation'],
  changeEmail: ['PATCH /api/v1/users/:id'],
  resetSecondFactor: ['DELETE /api/v1/users/:id/totp'],
  removeSecondFactor: ['POST /api/v1/me/totp/disable'],
  showRecoveryCodes: ['POST /api/v1/me/totp/recovery-codes'],
  // Only browsers make passkeys.
  addPasskey: [],
  removePasskey: ['DELETE /api/v1/me/passkeys/:id'],
};
