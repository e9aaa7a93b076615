import { ProblemError } from '../../../../shared/problem.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { AuditFailedSignIn } from '../failed-sign-ins.ts';
import type { PasswordPolicy } from '../password/password-policy.ts';
import { clientNetwork } from '../rate-limit/client-network.ts';
import { passwordSignIn, type StartedSession, type StartSession } from '../start-session.ts';
import { noPasskeysHere, passkeyRejected, usesSso } from './problems.ts';
import type { RelyingParty } from './relying-party.ts';
import type { Signatures } from './signatures.ts';
import type { RequestOptions } from './webauthn.ts';

/** Sign-in with a passkey alone. It counts as both factors, because the authenticator verifies the person. */
export interface PasskeySignIn {
  /** Returns what the browser needs. @throws ProblemError `bad-request` if there are no passkeys at this address, `throttled` */
  begin(clientInfo: ClientInfo): Promise<RequestOptions>;
  /**
   * Starts a session of the member whose passkey signed.
   *
   * @throws ProblemError `wrong-credentials`, `password-sign-in-off`
   */
  finish(response: string, clientInfo: ClientInfo): Promise<StartedSession>;
}

const windowSeconds = 10 * 60;
/** Each request stores a challenge, and each response costs the check of a signature. */
const maxPerNetwork = 300;
const audience = { purpose: 'sign-in', userId: null } as const;

export function createPasskeySignIn(deps: {
  store: Store;
  clock: Clock;
  party: RelyingParty | null;
  signatures: Signatures;
  startSession: StartSession;
  passwordPolicy: PasswordPolicy;
  auditFailedSignIn: AuditFailedSignIn;
}): PasskeySignIn {
  const { store, party, signatures, passwordPolicy } = deps;
  const networks = store.limiter({ name: 'passkey-network', limit: maxPerNetwork, windowSeconds });

  const fail = async (user: UserRecord | null, clientInfo: ClientInfo): Promise<never> => {
    // Do not audit an unknown passkey: anyone can make one up, and the event would tell nothing.
    if (user !== null) {
      const actor = { kind: 'anonymous', id: null, email: user.emailFolded } as const;
      await deps.auditFailedSignIn({ at: deps.clock.now(), actor, clientInfo, user });
    }
    throw passkeyRejected();
  };

  return {
    async begin(clientInfo) {
      if (party === null) throw noPasskeysHere();
      if (!(await networks.consume(clientNetwork(clientInfo))).allowed) throw tooManyRequests();
      return signatures.ask(party, audience);
    },

    async finish(response, clientInfo) {
      if (party === null) throw noPasskeysHere();
      const checked = await signatures.check(party, response, audience);
      const user = checked.passkey && (await store.users.findById(checked.passkey.userId));
      if (user === null || checked.use === null || user.disabled) return fail(user, clientInfo);
      // A person who has the passkey may learn this about its member.
      if (user.sso || !passwordPolicy.allows(user)) throw usesSso();
      const started = await store.transaction(async (store) => {
        if (!(await store.users.lockForNewSession(user.id, { sso: false }))) return null;
        if (!(await signatures.record(store, checked))) return null;
        const session = { kind: 'console', user, clientInfo, method: passwordSignIn, way: 'passkey' } as const;
        return deps.startSession(store, session);
      });
      return started ?? fail(user, clientInfo);
    },
  };
}

function tooManyRequests(): ProblemError {
  return new ProblemError('throttled', 'Too many sign-ins with passkeys from your network. Try again in ten minutes.', {
    retryAfter: windowSeconds,
  });
}
