import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { PreparedTotp } from '../../../shared/schemas/totp.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { generateSecret, hashSecret, type Secret } from '../secrets.ts';
import { type SessionService, wrongCredentials } from './sessions.ts';
import { byPassword, type Proof, proofOf, type StartedSession, startSession } from './start-session.ts';
import type { TotpService } from './totp.ts';

const kind = 'second-step';

/** Signing in over several pages: the password first, then a code, or setting up where that comes from. */
export interface SecondFactor {
  /** A session, or what is to be done before there is one: `ticket` is the browser's, for ten minutes. @throws ProblemError as `signIn` */
  begin(
    email: string,
    password: string,
    clientInfo: ClientInfo,
  ): Promise<StartedSession | { next: 'code' | 'set-up'; ticket: Secret }>;
  /** @throws ProblemError `totp-required` (a wrong code), `form-expired`, `throttled` */
  finish(ticket: string, code: string, clientInfo: ClientInfo): Promise<StartedSession>;
  /** A new secret to set up, or the one from before. @throws ProblemError `form-expired`, `totp-enabled` */
  prepare(ticket: string, anew: boolean): Promise<PreparedTotp>;
  /** @throws ProblemError `wrong-code`, `form-expired`, `throttled` */
  finishSetUp(
    ticket: string,
    code: string,
    clientInfo: ClientInfo,
  ): Promise<{ started: StartedSession; codes: string[] }>;
}

export function createSecondFactor(deps: {
  store: Store;
  clock: Clock;
  newId: () => string;
  sessions: Pick<SessionService, 'checkPassword'>;
  totp: TotpService;
}): SecondFactor {
  const { store, clock, sessions, totp } = deps;

  const start = async (user: UserRecord, clientInfo: ClientInfo, proof: Proof): Promise<StartedSession> => {
    const started = await store.transaction((store) =>
      startSession(store, deps, { user, clientInfo: clientInfo, by: byPassword, proof }),
    );
    if (started === null) throw wrongCredentials();
    return started;
  };

  /** Whoever changed the password meanwhile voided the ticket, too. */
  const memberOf = async (ticket: string): Promise<UserRecord> => {
    const found = await store.tickets.find(hashSecret(ticket), kind, clock.now());
    const user = found?.userId == null ? null : await store.users.findById(found.userId);
    if (user === null || user.disabled) throw expired();
    return user;
  };

  return {
    async begin(email, password, clientInfo) {
      const user = await sessions.checkPassword(email, password, clientInfo);
      if (user === null) throw wrongCredentials();
      const proof = proofOf(user);
      if (user.totpEnabledAt === null && !totp.required) return start(user, clientInfo, proof);
      const ticket = generateSecret('secondFactor');
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + limits.secondFactorLife };
      await store.transaction(async (store) => {
        if (!(await store.users.lockForNewSession(user.id, proof))) throw wrongCredentials();
        await store.tickets.insert({ hash: ticket.hash(), kind, userId: user.id, data: '{}', ...times });
      });
      return { next: user.totpEnabledAt === null ? 'set-up' : 'code', ticket };
    },

    async finish(ticket, code, clientInfo) {
      const user = await memberOf(ticket);
      if (user.totpEnabledAt === null) throw expired();
      if (!(await totp.check(user, code, clientInfo))) throw wrongCode();
      if ((await store.tickets.consume(hashSecret(ticket), kind, clock.now())) === null) throw expired();
      return start(user, clientInfo, proofOf(user));
    },

    prepare: async (ticket, anew) => {
      const user = await memberOf(ticket);
      return anew ? totp.prepareFor(user) : totp.preparedFor(user);
    },

    async finishSetUp(ticket, code, clientInfo) {
      const user = await memberOf(ticket);
      const codes = await totp.enable({ user, sessionId: '', clientInfo: clientInfo }, code);
      const { passwordHash } = user;
      return { started: await start(user, clientInfo, { passwordHash }), codes };
    },
  };
}

function expired(): ProblemError {
  return new ProblemError('form-expired', 'This sign-in took too long, or the account was changed. Sign in again.');
}

function wrongCode(): ProblemError {
  const detail = 'This code is wrong, or was used before. Wait for the next one.';
  return new ProblemError('totp-required', detail, { errors: [{ pointer: '/code', detail }] });
}
