import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { secretPrefixes } from '../../../../shared/redact.ts';
import type { UserRecord } from '../../../store/records.ts';
import { Secret } from '../../secrets.ts';

/** A client that has signed in to the account before. `id` tells it from the member's other devices or sessions. */
export interface KnownClient {
  kind: 'device' | 'session';
  id: string;
}

type Member = Pick<UserRecord, 'id' | 'passwordHash'>;

/*
 * A device proof is an ID and its MAC: 16 and 27 characters, the length of every other secret. The key is the member's
 * password hash, which contains a random salt and never leaves the database. So a proof ends when the password changes,
 * every daemon can check it, and none is stored.
 */
const idBytes = 12;
const macBytes = 20;
const shape = new RegExp(`^${secretPrefixes.knownDevice}([0-9A-Za-z_-]{16})([0-9A-Za-z_-]{27})$`);

/** Makes the proof that a device has signed the member in. Returns null if the member has no password. */
export function issueDeviceProof(user: Member): Secret | null {
  const id = randomBytes(idBytes).toString('base64url');
  const mac = macOf(user, id);
  return mac && new Secret(`${secretPrefixes.knownDevice}${id}${mac.toString('base64url')}`);
}

/** Returns the device that one of the proofs is of, or undefined if none is of this member with this password. */
export function findKnownDevice(user: Member | null, proofs: readonly string[]): KnownClient | undefined {
  if (user === null) return undefined;
  for (const proof of proofs) {
    const [, id = '', sent = ''] = shape.exec(proof) ?? [];
    const mac = id === '' ? null : macOf(user, id);
    if (mac !== null && timingSafeEqual(mac, Buffer.from(sent, 'base64url'))) return { kind: 'device', id };
  }
  return undefined;
}

/** Reports whether a text has the form of a proof. */
export function isDeviceProof(text: string): boolean {
  return shape.test(text);
}

function macOf({ id: userId, passwordHash }: Member, id: string): Buffer | null {
  if (passwordHash === null) return null;
  return createHmac('sha256', passwordHash).update(`known device ${userId} ${id}`).digest().subarray(0, macBytes);
}
