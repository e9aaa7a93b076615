import type { PasskeyRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';
import type { Audience, Challenges } from './challenges.ts';
import type { RelyingParty } from './relying-party.ts';
import { challengeOf, readSignature } from './responses.ts';
import { type RequestOptions, requestOptions, type SignedUse, verifySignature } from './webauthn.ts';

/** The result of a check: which passkey the response names, if it is known here, and what it signed. */
export interface CheckedSignature {
  /** Null if no passkey has the ID that the response names. */
  passkey: PasskeyRecord | null;
  /** Null unless the signature is valid for the audience. */
  use: SignedUse | null;
}

/** Asks browsers to sign with a passkey, and checks what they return. */
export interface Signatures {
  /** Returns what the browser needs. With `userId`, only passkeys of that member sign. */
  ask(party: RelyingParty, audience: Audience): Promise<RequestOptions>;
  /** Checks a response, whose challenge is used up whatever the result is. */
  check(party: RelyingParty, json: string, audience: Audience): Promise<CheckedSignature>;
  /**
   * Records the use of a passkey in the transaction that it allows. Returns false if the passkey was removed since the check, or if
   * another request used a later number of its counter.
   */
  record(store: Store, checked: CheckedSignature): Promise<boolean>;
}

const nothing: CheckedSignature = { passkey: null, use: null };

export function createSignatures(deps: { store: Store; clock: Clock; challenges: Challenges }): Signatures {
  const { store, clock, challenges } = deps;
  return {
    async ask(party, audience) {
      const own = audience.userId === null ? [] : await store.passkeys.listOf(audience.userId);
      return requestOptions(party, await challenges.issue(audience), own);
    },

    async check(party, json, audience) {
      const response = readSignature(json);
      const challenge = response && challengeOf(response);
      if (response === null || challenge === null) return nothing;
      const isOurs = await challenges.take(challenge, audience);
      const passkey = await store.passkeys.findByCredentialId(response.id);
      if (passkey === null) return nothing;
      if (!isOurs || !belongsTo(passkey, audience.userId, response.response.userHandle)) return { passkey, use: null };
      return { passkey, use: await verifySignature(party, response, challenge, passkey) };
    },

    async record(store, { passkey, use }) {
      if (passkey === null || use === null) return false;
      return store.passkeys.recordUse(passkey.id, { ...use, at: clock.now() });
    },
  };
}

/** Reports whether the passkey is that of the expected member, and whether the authenticator names the same member, if it names one. */
function belongsTo({ userId }: PasskeyRecord, expected: string | null, userHandle: string | null | undefined): boolean {
  if (expected !== null && userId !== expected) return false;
  if (userHandle == null || userHandle === '') return expected !== null;
  return Buffer.from(userHandle, 'base64url').toString() === userId;
}
