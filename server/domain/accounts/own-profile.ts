import { ProblemError } from '../../../shared/problem.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type Caller } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { lockActiveSession } from '../sign-in/end-sessions.ts';
import { type EmailChangeData, readEmailChange } from '../sign-in/links/email-change-data.ts';
import { type MailedLinks, voidLinks } from '../sign-in/links/mailed-links.ts';
import {
  type ConfirmPasswordDeps,
  confirmPassword,
  requireSamePassword,
} from '../sign-in/password/confirm-password.ts';
import { sessionEnded } from '../sign-in/problems.ts';
import { changeEmail, emailFromSso } from './change-email.ts';

const kind = 'email-change';
const windowSeconds = 60 * 60;
const maxRequests = 3;

/** What members change about their own account. */
export interface OwnProfile {
  /** @throws ProblemError `not-authenticated` if the session has just ended */
  rename(caller: Caller, name: string): Promise<void>;
  /**
   * Mails a link to the new address, and a notice to the present one. Does not reveal whether another member has the
   * address: the link then fails. It works once, for 24 hours, while the session that asked for it lasts, and only for the
   * same member.
   *
   * @throws ProblemError `email-from-sso`, `wrong-password`, `throttled`, `password-sign-in-off`, `not-authenticated`,
   * `invalid-fields`
   */
  requestEmailChange(caller: Caller, email: string, password: string): Promise<void>;
  /** Returns the new address of the member's link. Does not use it up. @throws ProblemError `link-expired` */
  findEmailChange(caller: Caller, secret: string): Promise<string>;
  /** Changes the address. @throws ProblemError `link-expired`, `email-taken`, `email-from-sso` */
  confirmEmailChange(caller: Caller, secret: string): Promise<void>;
}

export interface OwnProfileDeps extends ConfirmPasswordDeps {
  store: Store;
  clock: Clock;
  auditTrail: AuditTrail;
  notifier: Notifier;
  links: MailedLinks;
}

export function createOwnProfile(deps: OwnProfileDeps): OwnProfile {
  const { store, clock, auditTrail, notifier, links } = deps;
  const requests = store.limiter({ name: 'email-change', limit: maxRequests, windowSeconds });
  const eventOf = ({ user, clientInfo }: Caller) => ({ at: clock.now(), actor: actorOf(user), clientInfo, user });

  /**
   * A member who opens another member's link gets the error of an expired link. Otherwise a member could send the link to
   * somebody who then confirms the address for them, and act under that address at the APIs.
   */
  async function findOwn({ user }: Caller, secret: string): Promise<EmailChangeData> {
    const found = await links.find(kind, secret);
    if (found?.user.id !== user.id) throw emailLinkExpired();
    return readEmailChange(found.data);
  }

  return {
    async rename(caller, name) {
      const { user, sessionId: id } = caller;
      await store.transaction(async (store) => {
        if (!(await lockActiveSession(store, { userId: user.id, id }))) throw sessionEnded();
        if (await store.users.setName(user.id, name)) {
          await auditTrail.user(store, 'user.renamed', eventOf(caller));
        }
      });
    },

    async requestEmailChange(caller, email, password) {
      const { user, sessionId } = caller;
      if (user.sso) throw emailFromSso();
      if (email === user.email) throw sameAddress();
      await confirmPassword(deps, caller, password, '/password');
      if (!(await requests.consume(user.id)).allowed) throw tooManyRequests();
      const data: EmailChangeData = { email, sessionId };
      await store.transaction(async (store) => {
        await requireSamePassword(store, caller, '/password');
        if (!(await store.sessions.lock(sessionId))) throw sessionEnded();
        await voidLinks(store, user.id, kind);
        const event = eventOf(caller);
        await auditTrail.user(store, 'user.email_change_requested', event);
        await notifier.emailChangeRequested(store, { ...event, owner: user, email, data: JSON.stringify(data) });
      });
      notifier.wake();
    },

    findEmailChange: async (caller, secret) => (await findOwn(caller, secret)).email,

    async confirmEmailChange(caller, secret) {
      const { email, sessionId } = await findOwn(caller, secret);
      const userId = caller.user.id;
      await store.transaction(async (store) => {
        // 1. Lock the member and the session. Reject the link if either ended since it was looked up.
        if (!(await lockActiveSession(store, { userId, id: sessionId }))) throw emailLinkExpired();
        // 2. Take the ticket. Of concurrent requests, one gets it.
        if ((await links.consume(store, kind, secret)) === null) throw emailLinkExpired();
        // 3. Make the change.
        const user = await store.users.findById(userId);
        if (user === null) throw emailLinkExpired();
        await changeEmail(deps, store, { ...eventOf(caller), user, email });
      });
      notifier.wake();
    },
  };
}

function emailLinkExpired(): ProblemError {
  const detail =
    'This link was already used or replaced, is older than 24 hours, belongs to another account, or the session that asked for it has ended. Ask for the change again on your profile.';
  return new ProblemError('link-expired', detail);
}

function sameAddress(): ProblemError {
  const detail = 'This is your email address already.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/email', detail }] });
}

function tooManyRequests(): ProblemError {
  return new ProblemError('throttled', 'You asked for too many changes of your email address. Try again in an hour.', {
    retryAfter: windowSeconds,
  });
}
