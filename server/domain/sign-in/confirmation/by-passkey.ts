import { ProblemError } from '../../../../shared/problem.ts';
import type { Store } from '../../../store/store.ts';
import type { Caller } from '../../caller.ts';
import { noPasskeysHere, passkeysNeedScript, tooManyChallenges, usesSso } from '../passkeys/problems.ts';
import type { RelyingParty } from '../passkeys/relying-party.ts';
import type { Signatures } from '../passkeys/signatures.ts';
import type { RequestOptions } from '../passkeys/webauthn.ts';

const windowSeconds = 10 * 60;
/** Each request stores a challenge, and each response costs the check of a signature. */
const maxPerMember = 60;

/** Confirms with a passkey of the member. The challenge is one of this session, and counts for nothing else. */
export interface PasskeyConfirmation {
  /** Returns what the browser needs. @throws ProblemError `bad-request` if there are no passkeys at this address, `throttled` */
  beginPasskey(caller: Caller): Promise<RequestOptions>;
  /** @throws ProblemError `wrong-code` if the passkey is not accepted, `bad-request`, `password-sign-in-off`, `not-authenticated` */
  byPasskey(caller: Caller, response: string): Promise<void>;
}

export interface PasskeyConfirmationDeps {
  store: Store;
  party: RelyingParty | null;
  signatures: Signatures;
}

export function createPasskeyConfirmation({
  store,
  party,
  signatures,
  record,
  recordFailure,
}: PasskeyConfirmationDeps & {
  record(store: Store, caller: Caller): Promise<void>;
  recordFailure(caller: Caller): Promise<void>;
}): PasskeyConfirmation {
  const requests = store.limiter({ name: 'passkey-confirm', limit: maxPerMember, windowSeconds });
  const audienceOf = ({ user, sessionId }: Caller) => ({ purpose: 'confirm', userId: user.id, sessionId }) as const;

  return {
    async beginPasskey(caller) {
      if (party === null) throw noPasskeysHere();
      if (!(await requests.consume(caller.user.id)).allowed) throw tooManyChallenges(windowSeconds);
      return signatures.ask(party, audienceOf(caller));
    },

    async byPasskey(caller, response) {
      if (party === null) throw noPasskeysHere();
      if (caller.user.sso) throw usesSso();
      if (response === '') throw passkeysNeedScript();
      const checked = await signatures.check(party, response, audienceOf(caller));
      const isAccepted =
        checked.use !== null &&
        (await store.transaction(async (store) => {
          // Locks the member before the passkey, in the order of every transaction.
          await record(store, caller);
          if (await signatures.record(store, checked)) return true;
          throw rejected();
        }));
      if (isAccepted) return;
      await recordFailure(caller);
      throw rejected();
    },
  };
}

function rejected(): ProblemError {
  return new ProblemError('wrong-code', 'This passkey was not accepted. Try again, or enter your password.');
}
