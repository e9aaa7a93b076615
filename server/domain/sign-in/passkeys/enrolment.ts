import { ProblemError } from '../../../../shared/problem.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { ClientInfo } from '../../caller.ts';
import { hashSecret } from '../../secrets.ts';
import type { SignInRateLimit } from '../rate-limit/rate-limit.ts';
import { passwordSignIn, type StartedSession, type StartSession } from '../start-session.ts';
import { totpRateLimitKeys } from '../totp/check.ts';
import { generateRecoveryCodes } from '../totp/codes.ts';
import { type AddingDeps, checkNewPasskey, insertPasskey } from './adding.ts';
import type { Challenges } from './challenges.ts';
import { noPasskeysHere, usesSso } from './problems.ts';
import type { RelyingParty } from './relying-party.ts';
import { type CreationOptions, creationOptions, type NewKey } from './webauthn.ts';

/**
 * The first second factor of a member whose password was verified and who must have one: a passkey in place of an authenticator app. No passkey is
 * added this way to a member who has a second factor, because the password alone would then pass it by.
 */
export interface PasskeyEnrolment {
  /** Reports whether the member of this ticket can add a passkey here. */
  allowsPasskey(ticket: string): Promise<boolean>;
  /** Returns what the browser needs to make the passkey. @throws ProblemError `form-expired`, `bad-request`, `password-sign-in-off`, `throttled` */
  beginPasskeyEnrolment(ticket: string, clientInfo: ClientInfo): Promise<CreationOptions>;
  /**
   * Adds the passkey and ends all other sessions. Returns a session and the recovery codes. Passkeys that are rejected count as wrong
   * codes do.
   *
   * @throws ProblemError `form-expired`, `bad-request`, `password-sign-in-off`, `throttled`
   */
  finishPasskeyEnrolment(
    ticket: string,
    passkey: { response: string; name: string },
    clientInfo: ClientInfo,
  ): Promise<{ started: StartedSession; codes: string[] }>;
}

export interface PasskeyEnrolmentDeps extends AddingDeps {
  store: Store;
  party: RelyingParty | null;
  challenges: Challenges;
  startSession: StartSession;
  rateLimit: SignInRateLimit;
}

/** The tickets of members who begin to use passkeys while they sign in, or in their profile. */
interface Tickets {
  /** Returns the ticket's member, who has no second factor. @throws ProblemError `form-expired` */
  memberOf(ticket: string): Promise<UserRecord>;
  /** Locks the member unless they were changed since, and uses the ticket up. @throws ProblemError `form-expired` */
  use(store: Store, ticket: string, user: UserRecord): Promise<void>;
  /** Counts the challenges that are issued to one member. @throws ProblemError `throttled` */
  countChallenge(user: UserRecord, clientInfo: ClientInfo): Promise<void>;
}

export function createPasskeyEnrolment(deps: PasskeyEnrolmentDeps, tickets: Tickets): PasskeyEnrolment {
  const { store, challenges } = deps;
  const audienceOf = ({ id }: UserRecord, ticket: string) =>
    ({ purpose: 'enrolment', userId: id, ticketHash: hashSecret(ticket) }) as const;

  const begin = async (ticket: string) => {
    const user = await tickets.memberOf(ticket);
    if (user.sso) throw usesSso();
    if (deps.party === null) throw noPasskeysHere();
    return { user, party: deps.party };
  };

  return {
    async allowsPasskey(ticket) {
      return deps.party !== null && !(await tickets.memberOf(ticket)).sso;
    },

    async beginPasskeyEnrolment(ticket, clientInfo) {
      const { user, party } = await begin(ticket);
      await tickets.countChallenge(user, clientInfo);
      return creationOptions(party, user, await challenges.issue(audienceOf(user, ticket)), []);
    },

    async finishPasskeyEnrolment(ticket, { response, name }, clientInfo) {
      const { user, party } = await begin(ticket);
      const check = () => checkNewPasskey(challenges, party, response, audienceOf(user, ticket));
      const guess = await deps.rateLimit.attempt(totpRateLimitKeys(user, clientInfo), () => attemptOf(check));
      if (!guess.succeeded) throw guess.problem;
      const { key } = guess;
      const codes = generateRecoveryCodes();
      const started = await store.transaction(async (store) => {
        await tickets.use(store, ticket, user);
        const adder = { user, sessionId: '', clientInfo };
        await insertPasskey(deps, store, adder, { ...key, rpId: party.id, name }, codes);
        const way = 'password and passkey' as const;
        return deps.startSession(store, { kind: 'console', user, clientInfo, method: passwordSignIn, way });
      });
      if (started === null) throw new Error(`No session of the locked member ${user.id} could start.`);
      deps.notifier.wake();
      return { started, codes };
    },
  };
}

type Attempt = { succeeded: true; key: NewKey } | { succeeded: false; problem: ProblemError };

/** Runs the check of a new passkey. A rejection is an attempt that failed, and no outage. */
async function attemptOf(check: () => Promise<NewKey>): Promise<Attempt> {
  try {
    return { succeeded: true, key: await check() };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { succeeded: false, problem: error };
  }
}
