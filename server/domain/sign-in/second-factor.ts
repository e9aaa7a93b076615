import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { PreparedTotp } from '../../../shared/schemas/sign-in/totp.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { generateSecret, hashSecret, isGenerated, type Secret } from '../secrets.ts';
import type { PasswordPolicy } from './password/password-policy.ts';
import { wrongSecondFactor } from './problems.ts';
import type { Sessions } from './sessions.ts';
import { type Proof, passwordSignIn, proofOf, type StartedSession, type StartSession } from './start-session.ts';
import type { Totp } from './totp/totp.ts';

/** The kind that these tickets are stored under. */
const kind = 'second-step';

/** A verified first factor. The browser sends `ticket` with the second one, within ten minutes. */
export interface PendingSecondFactor {
  next: 'code' | 'enrolment';
  ticket: Secret;
}

/** Sign-in over several pages: the password first, then a code, or TOTP enrolment if it is required. */
export interface SecondFactor {
  /**
   * Verifies the password. Returns a session if that is enough.
   *
   * @throws ProblemError `wrong-credentials`, `password-sign-in-off`, `throttled`
   */
  begin(
    email: string,
    password: string,
    clientInfo: ClientInfo,
    deviceProofs?: readonly string[],
  ): Promise<StartedSession | PendingSecondFactor>;
  /** Verifies the code. @throws ProblemError `totp-required` (a wrong code), `form-expired`, `throttled` */
  finish(
    ticket: string,
    code: string,
    clientInfo: ClientInfo,
    deviceProofs?: readonly string[],
  ): Promise<StartedSession>;
  /** Prepares a new TOTP secret. @throws ProblemError `form-expired`, `totp-enabled` */
  prepare(ticket: string): Promise<PreparedTotp>;
  /** Returns the TOTP secret that was prepared before. @throws ProblemError `form-expired`, `totp-enabled` */
  findPrepared(ticket: string): Promise<PreparedTotp>;
  /**
   * Turns two-factor sign-in on. Returns a session and the recovery codes.
   *
   * @throws ProblemError `wrong-code`, `form-expired`, `throttled`
   */
  finishEnrolment(
    ticket: string,
    code: string,
    clientInfo: ClientInfo,
  ): Promise<{ started: StartedSession; codes: string[] }>;
}

export function createSecondFactor(deps: {
  store: Store;
  clock: Clock;
  startSession: StartSession;
  sessions: Pick<Sessions, 'checkPassword'>;
  totp: Totp;
  passwordPolicy: PasswordPolicy;
}): SecondFactor {
  const { store, clock, sessions, totp, passwordPolicy } = deps;

  const start = async (user: UserRecord, clientInfo: ClientInfo, proof: Proof): Promise<StartedSession> => {
    const started = await store.transaction((store) =>
      deps.startSession(store, { kind: 'console', user, clientInfo, method: passwordSignIn, proof }),
    );
    if (started === null) throw passwordPolicy.refusal();
    return started;
  };

  /**
   * Returns the ticket's member. A ticket proves the password, because changing the password deletes it. Checks again
   * whether the member may use one, because they may have been demoted since.
   */
  const memberOf = async (ticket: string): Promise<UserRecord> => {
    if (!isGenerated('secondFactor', ticket)) throw expired();
    const found = await store.tickets.find(hashSecret(ticket), kind, clock.now());
    const user = found?.userId == null ? null : await store.users.findById(found.userId);
    if (user === null || user.disabled || !passwordPolicy.allows(user)) throw expired();
    return user;
  };

  return {
    async begin(email, password, clientInfo, deviceProofs) {
      const user = await sessions.checkPassword(email, password, clientInfo, deviceProofs);
      if (user === null) throw passwordPolicy.refusal();
      const proof = proofOf(user);
      if (user.totpEnabledAt === null && !totp.required) return start(user, clientInfo, proof);
      const ticket = generateSecret('secondFactor');
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + limits.secondFactorLifetimeMs };
      await store.transaction(async (store) => {
        if (!(await store.users.lockForNewSession(user.id, proof))) throw passwordPolicy.refusal();
        await store.tickets.insert({ hash: ticket.hash(), kind, userId: user.id, data: '{}', ...times });
      });
      return { next: user.totpEnabledAt === null ? 'enrolment' : 'code', ticket };
    },

    async finish(ticket, code, clientInfo, deviceProofs) {
      const user = await memberOf(ticket);
      if (user.totpEnabledAt === null) throw expired();
      if (!(await totp.check(user, code, clientInfo, deviceProofs))) throw wrongSecondFactor();
      // Of concurrent requests with different valid codes, one gets the ticket.
      if ((await store.tickets.consume(hashSecret(ticket), kind, clock.now())) === null) throw expired();
      return start(user, clientInfo, proofOf(user));
    },

    prepare: async (ticket) => totp.prepareConfirmed(await memberOf(ticket)),
    findPrepared: async (ticket) => totp.findPrepared(await memberOf(ticket)),

    async finishEnrolment(ticket, code, clientInfo) {
      const user = await memberOf(ticket);
      // Ends all sessions and deletes the ticket.
      const codes = await totp.enable({ user, sessionId: '', clientInfo }, code);
      const { passwordHash } = user;
      return { started: await start(user, clientInfo, { passwordHash }), codes };
    },
  };
}

function expired(): ProblemError {
  return new ProblemError('form-expired', 'This sign-in took too long, or the account was changed. Sign in again.');
}
