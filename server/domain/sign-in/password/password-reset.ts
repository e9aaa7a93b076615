import { foldName, normalizeName } from '../../../../shared/names.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { AcceptedWork } from '../../accepted-work.ts';
import type { ClientInfo } from '../../caller.ts';
import { hashSecret } from '../../secrets.ts';
import { voidLinks } from '../links/mailed-links.ts';
import { createSetPassword, type PasswordLink, type SetPasswordDeps } from '../links/set-password.ts';
import { resetLinkExpired } from '../problems.ts';
import { clientNetwork } from '../rate-limit/client-network.ts';

const kind = 'password-reset';
const resetLink: PasswordLink = {
  kind,
  action: 'user.password_reset',
  mail: 'password-reset',
  expired: resetLinkExpired,
};

const windowSeconds = 60 * 60;
const maxMailsPerAddress = 3;
const maxRequestsPerNetwork = 30;

/** Sets a password through a link that is mailed to the member. */
export interface PasswordReset {
  /**
   * Accepts a request to mail a link to a member. The mail is queued afterwards, if an enabled member has this address, does
   * not use single sign-on and may use a password. Neither the result nor its time shows whether a mail is sent, because that
   * would reveal who is a member.
   *
   * @throws ProblemError `throttled` if the network sent too many requests, for any addresses
   * @throws StoreBusy if too many accepted requests wait
   */
  request(email: string, clientInfo: ClientInfo): Promise<void>;
  /** Reports whether a link still works, without using it up. */
  isValid(secret: string): Promise<boolean>;
  /**
   * Sets the password, ends all sessions and forgets wrong passwords at the account. Returns the member with the new password. A
   * link works once.
   *
   * @throws ProblemError `link-expired`, `invalid-fields`
   */
  reset(secret: string, password: string, clientInfo: ClientInfo): Promise<UserRecord>;
}

export function createPasswordReset(deps: SetPasswordDeps & { acceptedWork: AcceptedWork }): PasswordReset {
  const { store, clock, notifier, links, acceptedWork } = deps;
  const setPassword = createSetPassword(deps);
  const addresses = store.limiter({ name: 'reset-address', limit: maxMailsPerAddress, windowSeconds });
  const networks = store.limiter({ name: 'reset-network', limit: maxRequestsPerNetwork, windowSeconds });

  async function mailLink(account: string, clientInfo: ClientInfo): Promise<void> {
    const user = await store.users.findByEmail(account);
    if (user === null || !links.permits(kind, user)) return;
    await store.transaction(async (store) => {
      // Waits for a mail worker that is making an earlier link, so that this voids it.
      if (!(await store.users.lockForNewSession(user.id))) return;
      await voidLinks(store, user.id, kind);
      await notifier.passwordReset(store, { at: clock.now(), owner: user, clientInfo });
    });
    notifier.wake();
  }

  return {
    isValid: async (secret) => (await links.find(kind, secret)) !== null,

    async request(email, clientInfo) {
      if (!(await networks.consume(clientNetwork(clientInfo))).allowed) throw tooManyRequests();
      const account = foldName(normalizeName(email));
      if ((await addresses.consume(hashSecret(account))).allowed) {
        acceptedWork.accept(() => mailLink(account, clientInfo));
      }
    },

    reset: (secret, password, clientInfo) => setPassword(resetLink, secret, password, clientInfo),
  };
}

function tooManyRequests(): ProblemError {
  return new ProblemError('throttled', 'Too many requests from your network. Try again in an hour.', {
    retryAfter: windowSeconds,
  });
}
