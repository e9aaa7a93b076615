import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { PreparedTotp } from '../../../shared/schemas/sign-in/totp.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { ClientInfo } from '../caller.ts';
import { generateSecret, hashSecret, isGenerated, type Secret } from '../secrets.ts';
import type { AuditFailedSignIn } from './failed-sign-ins.ts';
import { hasSecondFactor } from './has-second-factor.ts';
import { createPasskeyEnrolment, type PasskeyEnrolment, type PasskeyEnrolmentDeps } from './passkeys/enrolment.ts';
import { noPasskeysHere, secondPasskeyRejected, tooManyChallenges, usesSso } from './passkeys/problems.ts';
import type { Signatures } from './passkeys/signatures.ts';
import type { RequestOptions } from './passkeys/webauthn.ts';
import type { PasswordPolicy } from './password/password-policy.ts';
import { wrongSecondFactor } from './problems.ts';
import { clientNetwork } from './rate-limit/client-network.ts';
import type { Sessions } from './sessions.ts';
import { type Proof, passwordSignIn, proofOf, type SignInWay, type StartedSession } from './start-session.ts';
import type { SetUp } from './totp/prepared-secrets.ts';
import type { Totp } from './totp/totp.ts';

/** The kind that these tickets are stored under. */
const kind = 'second-step';

const windowSeconds = 10 * 60;
/** Each challenge for a passkey is stored. A thief who knows a password could otherwise ask for any number. */
const maxChallenges = 60;

/** A verified first factor. The browser sends `ticket` with the second one, within ten minutes. */
export interface PendingSecondFactor {
  next: 'code' | 'enrolment';
  ticket: Secret;
}

/** The second factors that a member has, besides recovery codes. */
export interface OwnFactors {
  totp: boolean;
  passkeys: boolean;
}

/** Sign-in over several pages: the password first, then a code or a passkey, or the set-up of one of them if a second factor is required. */
export interface SecondFactor extends PasskeyEnrolment {
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
  /** Returns the second factors of the member whose password was verified, or null if that took place too long ago. */
  factorsOf(ticket: string): Promise<OwnFactors | null>;
  /** Returns what the browser needs to use a passkey of this member. @throws ProblemError `form-expired`, `bad-request`, `throttled` */
  beginPasskey(ticket: string, clientInfo: ClientInfo): Promise<RequestOptions>;
  /** Verifies the passkey. @throws ProblemError `totp-required` if it is rejected, `form-expired` */
  finishPasskey(ticket: string, response: string, clientInfo: ClientInfo): Promise<StartedSession>;
  /** Prepares a new TOTP secret. @throws ProblemError `form-expired`, `totp-enabled` */
  prepare(ticket: string, clientInfo: ClientInfo): Promise<PreparedTotp>;
  /** Returns the TOTP secret that this ticket prepared before. @throws ProblemError `form-expired`, `totp-enabled` */
  findPrepared(ticket: string, clientInfo: ClientInfo): Promise<PreparedTotp>;
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

interface SecondFactorDeps extends PasskeyEnrolmentDeps {
  sessions: Pick<Sessions, 'checkPassword'>;
  totp: Totp;
  passwordPolicy: PasswordPolicy;
  signatures: Signatures;
  auditFailedSignIn: AuditFailedSignIn;
}

export function createSecondFactor(deps: SecondFactorDeps): SecondFactor {
  const { store, clock, sessions, totp, passwordPolicy } = deps;

  const start = async (user: UserRecord, clientInfo: ClientInfo, proof: Proof): Promise<StartedSession> => {
    const started = await store.transaction((store) =>
      deps.startSession(store, { kind: 'console', user, clientInfo, method: passwordSignIn, proof }),
    );
    if (started === null) throw passwordPolicy.refusal();
    return started;
  };

  /**
   * Returns the ticket's member, or null. A ticket proves the password, because changing the password deletes it. Checks again
   * whether the member may use one, because they may have been demoted since.
   */
  const findMember = async (ticket: string): Promise<UserRecord | null> => {
    if (!isGenerated('secondFactor', ticket)) return null;
    const found = await store.tickets.find(hashSecret(ticket), kind, clock.now());
    const user = found?.userId == null ? null : await store.users.findById(found.userId);
    return user === null || user.disabled || !passwordPolicy.allows(user) ? null : user;
  };

  const memberOf = async (ticket: string): Promise<UserRecord> => {
    const user = await findMember(ticket);
    if (user === null) throw expired();
    return user;
  };

  /** Returns the ticket's member unless they have a second factor. Otherwise, the password alone would set up another one. */
  const unprotectedMemberOf = async (ticket: string): Promise<UserRecord> => {
    const user = await memberOf(ticket);
    if (hasSecondFactor(user)) throw expired();
    return user;
  };

  const setUpOf = async (ticket: string, clientInfo: ClientInfo): Promise<SetUp> => {
    const user = await unprotectedMemberOf(ticket);
    return { user, sessionId: '', ticketHash: hashSecret(ticket), clientInfo };
  };

  const challenges = store.limiter({ name: 'passkey-factor', limit: maxChallenges, windowSeconds });
  const countChallenge = async ({ id }: UserRecord, clientInfo: ClientInfo): Promise<void> => {
    const { allowed } = await challenges.consume(`${id} ${clientNetwork(clientInfo)}`);
    if (!allowed) throw tooManyChallenges(windowSeconds);
  };

  return {
    async begin(email, password, clientInfo, deviceProofs) {
      const user = await sessions.checkPassword(email, password, clientInfo, deviceProofs);
      if (user === null) throw passwordPolicy.refusal();
      const proof = proofOf(user);
      if (!hasSecondFactor(user) && !totp.required) return start(user, clientInfo, proof);
      const ticket = generateSecret('secondFactor');
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + limits.secondFactorLifetimeMs };
      await store.transaction(async (store) => {
        if (!(await store.users.lockForNewSession(user.id, proof))) throw passwordPolicy.refusal();
        await store.tickets.insert({ hash: ticket.hash(), kind, userId: user.id, data: '{}', ...times });
      });
      return { next: hasSecondFactor(user) ? 'code' : 'enrolment', ticket };
    },

    async finish(ticket, code, clientInfo, deviceProofs) {
      const user = await memberOf(ticket);
      if (!hasSecondFactor(user)) throw expired();
      if (!(await totp.check(user, code, clientInfo, deviceProofs))) throw wrongSecondFactor();
      // Of concurrent requests with different valid codes, one gets the ticket.
      if ((await store.tickets.consume(hashSecret(ticket), kind, clock.now())) === null) throw expired();
      return start(user, clientInfo, proofOf(user));
    },

    async factorsOf(ticket) {
      const user = await findMember(ticket);
      return user && { totp: user.totpEnabledAt !== null, passkeys: user.passkeyCount > 0 && !user.sso };
    },

    ...passkeyMethods(deps, memberOf, countChallenge),
    ...createPasskeyEnrolment(deps, {
      memberOf: unprotectedMemberOf,
      use: (...args) => useTicket(deps, ...args),
      countChallenge,
    }),

    prepare: async (ticket, clientInfo) => totp.prepareConfirmed(await setUpOf(ticket, clientInfo)),
    findPrepared: async (ticket, clientInfo) => totp.findPrepared(await setUpOf(ticket, clientInfo)),

    async finishEnrolment(ticket, code, clientInfo) {
      const setUp = await setUpOf(ticket, clientInfo);
      // Ends all sessions and deletes the ticket.
      const codes = await totp.enable(setUp, code);
      const { user } = setUp;
      const { passwordHash } = user;
      return { started: await start(user, clientInfo, { passwordHash, passkeyCount: 0 }), codes };
    },
  };
}

const passkeyWay: SignInWay = 'password and passkey';

/**
 * Locks the member unless they were changed since their password was verified, and uses the ticket up. Locks the member before the ticket, in the order of
 * every transaction.
 *
 * @throws ProblemError `form-expired`
 */
async function useTicket(
  { clock }: Pick<SecondFactorDeps, 'clock'>,
  store: Store,
  ticket: string,
  user: UserRecord,
): Promise<void> {
  if (!(await store.users.lockForNewSession(user.id, { ...proofOf(user), sso: false }))) throw expired();
  if ((await store.tickets.consume(hashSecret(ticket), kind, clock.now())) === null) throw expired();
}

function passkeyMethods(
  { store, clock, party, signatures, ...deps }: SecondFactorDeps,
  memberOf: (ticket: string) => Promise<UserRecord>,
  countChallenge: (user: UserRecord, clientInfo: ClientInfo) => Promise<void>,
): Pick<SecondFactor, 'beginPasskey' | 'finishPasskey'> {
  const audienceOf = ({ id }: UserRecord) => ({ purpose: 'second-factor', userId: id }) as const;

  return {
    async beginPasskey(ticket, clientInfo) {
      const user = await memberOf(ticket);
      if (user.sso) throw usesSso();
      if (party === null) throw noPasskeysHere();
      await countChallenge(user, clientInfo);
      return signatures.ask(party, audienceOf(user));
    },

    async finishPasskey(ticket, response, clientInfo) {
      const user = await memberOf(ticket);
      if (user.sso) throw usesSso();
      if (party === null) throw noPasskeysHere();
      const checked = await signatures.check(party, response, audienceOf(user));
      const started =
        checked.use !== null &&
        (await store.transaction(async (store) => {
          await useTicket({ clock }, store, ticket, user);
          if (!(await signatures.record(store, checked))) return null;
          const session = { kind: 'console', user, clientInfo, method: passwordSignIn, way: passkeyWay } as const;
          return deps.startSession(store, session);
        }));
      if (started) return started;
      const actor = { kind: 'anonymous', id: null, email: user.emailFolded } as const;
      await deps.auditFailedSignIn({ at: clock.now(), actor, clientInfo, user });
      throw secondPasskeyRejected();
    },
  };
}

function expired(): ProblemError {
  return new ProblemError('form-expired', 'This sign-in took too long, or the account was changed. Sign in again.');
}
