import { ProblemError } from '../../../shared/problem.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type Caller, type ClientInfo } from '../caller.ts';
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
   * address: the link then fails. It works once, for 24 hours, while the session that asked for it lasts.
   *
   * @throws ProblemError `email-from-sso`, `wrong-password`, `throttled`, `password-sign-in-off`, `not-authenticated`,
   * `invalid-fields`
   */
  requestEmailChange(caller: Caller, email: string, password: string): Promise<void>;
  /** Returns the new address of a link, or null unless the link works. Does not use it up. */
  findEmailChange(secret: string): Promise<string | null>;
  /** Changes the address. @throws ProblemError `link-expired`, `email-taken` */
  confirmEmailChange(secret: string, clientInfo: ClientInfo): Promise<void>;
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

    async findEmailChange(secret) {
      const found = await links.find(kind, secret);
      return found && readEmailChange(found.data).email;
    },

    async confirmEmailChange(secret, clientInfo) {
      const found = await links.find(kind, secret);
      if (found === null) throw emailLinkExpired();
      const userId = found.user.id;
      const { email, sessionId } = readEmailChange(found.data);
      await store.transaction(async (store) => {
        // 1. Lock the member and the session. Reject the link if either ended since it was looked up.
        if (!(await lockActiveSession(store, { userId, id: sessionId }))) throw emailLinkExpired();
        // 2. Take the ticket. Of concurrent requests, one gets it.
        if ((await links.consume(store, kind, secret)) === null) throw emailLinkExpired();
        // 3. Make the change.
        const user = await store.users.findById(userId);
        if (user === null) throw emailLinkExpired();
        await changeEmail(deps, store, { user, email, at: clock.now(), actor: actorOf(user), clientInfo });
      });
      notifier.wake();
    },
  };
}

export function emailLinkExpired(): ProblemError {
  const detail =
    'This link was already used or replaced, is older than 24 hours, or the session that asked for it has ended. Ask for the change again on your profile.';
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
