import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { secretPrefixes } from '../../../../shared/redact.ts';
import type { UserRecord } from '../../../store/records.ts';
import { Secret } from '../../secrets.ts';

/** A client that has signed in to the account before. `id` tells it from the member's other devices or sessions. */
export interface KnownClient {
  kind: 'device' | 'session';
  id: string;
}

/** The secret that an attempt guesses: a password, or the six digits of a code. */
export type GuessKind = 'password' | 'code';

type Member = Pick<UserRecord, 'id' | 'passwordHash'>;

/*
 * A device proof is an ID and its MAC: 16 and 27 characters, the length of every other secret. The key is the member's
 * password hash, which contains a random salt and never leaves the database. So a proof ends when the password changes,
 * every daemon can check it, and none is stored.
 *
 * A proof states what its device has passed. At codes, only a device that has passed one is known. Otherwise an attacker who
 * reads a member's mail could set passwords with links, and guess codes with the new proof of each.
 */
const idBytes = 12;
const macBytes = 20;
/** The factors that make a device known for a guess, if it has passed one of them. */
const accepted = { password: ['password', 'code'], code: ['code'] } as const;
const shape = new RegExp(`^${secretPrefixes.knownDevice}([0-9A-Za-z_-]{16})([0-9A-Za-z_-]{27})$`);

/** Makes the proof that a device knew the member's password, or passed the second factor. Returns null if there is no password. */
export function issueDeviceProof(user: Member, passed: GuessKind): Secret | null {
  const id = randomBytes(idBytes).toString('base64url');
  const mac = macOf(user, id, passed);
  return mac && new Secret(`${secretPrefixes.knownDevice}${id}${mac.toString('base64url')}`);
}

/**
 * Returns the device that one of the proofs is of, or undefined if none is of this member with this password. For a code, a
 * device that has not passed one does not count.
 */
export function findKnownDevice(
  user: Member | null,
  proofs: readonly string[],
  guess: GuessKind,
): KnownClient | undefined {
  if (user === null) return undefined;
  for (const proof of proofs) {
    const [, id = '', sent = ''] = shape.exec(proof) ?? [];
    if (id === '') continue;
    const matches = accepted[guess].filter((passed) => isMac(macOf(user, id, passed), sent));
    if (matches.length > 0) return { kind: 'device', id };
  }
  return undefined;
}

/** Reports whether a text has the form of a proof. */
export function isDeviceProof(text: string): boolean {
  return shape.test(text);
}

function isMac(mac: Buffer | null, sent: string): boolean {
  return mac !== null && timingSafeEqual(mac, Buffer.from(sent, 'base64url'));
}

function macOf({ id: userId, passwordHash }: Member, id: string, passed: GuessKind): Buffer | null {
  if (passwordHash === null) return null;
  const text = `known device ${userId} ${id} ${passed}`;
  return createHmac('sha256', passwordHash).update(text).digest().subarray(0, macBytes);
}
