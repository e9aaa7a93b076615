import type { AuditAction } from '../../../../shared/audit-actions.ts';
import { limits } from '../../../../shared/limits.ts';
import type { PasskeyRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf, type Caller } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { Notifier } from '../../notifications/notifier.ts';
import type { SecurityEvent } from '../../notifications/security-mails.ts';
import { endAllSessions } from '../end-sessions.ts';
import { hasSecondFactor } from '../has-second-factor.ts';
import { hashRecoveryCode } from '../totp/codes.ts';
import type { Audience, Challenges } from './challenges.ts';
import { newPasskeyRejected, passkeyExists, passkeysNeedScript, tooManyPasskeys, usesSso } from './problems.ts';
import type { RelyingParty } from './relying-party.ts';
import { challengeOf, readNewPasskey } from './responses.ts';
import { type NewKey, verifyNewPasskey } from './webauthn.ts';

export interface AddingDeps {
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  notifier: Notifier;
}

/** The member and where the request comes from. `sessionId` is empty during a sign-in. */
export type Adder = Pick<Caller, 'user' | 'sessionId' | 'clientInfo'>;

/** Checks the passkey that a browser made, and uses its challenge up. @throws ProblemError `bad-request` */
export async function checkNewPasskey(
  challenges: Challenges,
  party: RelyingParty,
  json: string,
  audience: Audience,
): Promise<NewKey> {
  if (json === '') throw passkeysNeedScript();
  const response = readNewPasskey(json);
  const challenge = response && challengeOf(response);
  if (response === null || challenge === null) throw newPasskeyRejected();
  if (!(await challenges.take(challenge, audience))) throw newPasskeyRejected();
  const key = await verifyNewPasskey(party, response, challenge);
  if (key === null) throw newPasskeyRejected();
  return key;
}

/**
 * Inserts a passkey, audits it and enqueues a mail. Call it in a transaction that holds the lock of the member, with the member as they are now.
 * If it is their first second factor, stores the recovery codes and ends their other sessions. Returns whether it is.
 *
 * @throws ProblemError `bad-request`, `password-sign-in-off`
 */
export async function insertPasskey(
  deps: AddingDeps,
  store: Store,
  adder: Adder,
  key: NewKey & Pick<PasskeyRecord, 'rpId' | 'name'>,
  codes: readonly string[],
): Promise<boolean> {
  const { user, sessionId } = adder;
  if (user.sso) throw usesSso();
  if (user.passkeyCount >= limits.maxPasskeys) throw tooManyPasskeys(limits.maxPasskeys);
  const passkey = { ...key, id: deps.newId(), userId: user.id, createdAt: deps.clock.now(), lastUsedAt: null };
  if (!(await store.passkeys.insert(passkey))) throw passkeyExists();
  const isFirst = !hasSecondFactor(user);
  if (isFirst) {
    await store.totp.replaceRecoveryCodes(user.id, codes.map(hashRecoveryCode));
    // They may have begun with the password alone.
    await endAllSessions(store, user.id, sessionId);
  }
  await recordPasskeyChange(deps, store, adder, { action: 'passkey.added', event: 'passkey-added', passkey });
  return isFirst;
}

interface PasskeyChange {
  action: Extract<AuditAction, 'passkey.added' | 'passkey.removed'>;
  event: Extract<SecurityEvent, 'passkey-added' | 'passkey-removed'>;
  passkey: Pick<PasskeyRecord, 'name'>;
}

/** Audits a change that the member made, and enqueues a mail to them. */
export async function recordPasskeyChange(
  { clock, auditTrail, notifier }: Pick<AddingDeps, 'clock' | 'auditTrail' | 'notifier'>,
  store: Store,
  { user, clientInfo }: Adder,
  { action, event, passkey }: PasskeyChange,
): Promise<void> {
  const [at, actor] = [clock.now(), actorOf(user)];
  await auditTrail.user(store, action, { at, actor, clientInfo, user });
  await notifier.security(store, { at, owner: user, clientInfo, event, actor, facts: [['Passkey', passkey.name]] });
}
