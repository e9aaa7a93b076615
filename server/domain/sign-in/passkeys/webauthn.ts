import type {
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import type { PasskeyRecord, UserRecord } from '../../../store/records.ts';
import type { RelyingParty } from './relying-party.ts';
import { isCrossOrigin, type NewPasskeyResponse, type SignatureResponse } from './responses.ts';

/*
 * The two ceremonies of WebAuthn, without any state. The library is loaded when the first member uses a passkey, because
 * loading it takes longer than most commands of tokensd.
 */

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON;
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON;

/** How long browsers wait for the member. The challenge lasts longer. */
const timeoutMs = 3 * 60_000;
/** ES256, EdDSA and RS256, which all authenticators together need. */
const algorithms = [-7, -8, -257];
const knownTransports = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

/** The facts about a new passkey that the authenticator reports. */
export type NewKey = Pick<PasskeyRecord, 'credentialId' | 'publicKey' | 'counter' | 'transports' | 'backedUp'>;

/** What browsers need to make a passkey. The user handle is the ID of the member, so that authenticators store no email address there. */
export async function creationOptions(
  party: RelyingParty,
  { id, email, name }: Pick<UserRecord, 'id' | 'email' | 'name'>,
  challenge: string,
  existing: readonly PasskeyRecord[],
): Promise<CreationOptions> {
  const { generateRegistrationOptions } = await import('@simplewebauthn/server');
  return generateRegistrationOptions({
    rpID: party.id,
    rpName: party.name,
    userID: Uint8Array.from(Buffer.from(id)),
    userName: email,
    userDisplayName: name || email,
    challenge: bytesOf(challenge),
    timeout: timeoutMs,
    attestationType: 'none',
    excludeCredentials: existing.map(toDescriptor),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
  });
}

/** What browsers need to sign with a passkey: one of `allowed`, or any of this host if there is no such list. */
export async function requestOptions(
  party: RelyingParty,
  challenge: string,
  allowed: readonly PasskeyRecord[] = [],
): Promise<RequestOptions> {
  const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
  return generateAuthenticationOptions({
    rpID: party.id,
    challenge: bytesOf(challenge),
    timeout: timeoutMs,
    userVerification: 'required',
    allowCredentials: allowed.map(toDescriptor),
  });
}

/** Returns the new passkey of a response, or null unless it was made here, for this challenge and by a verified person. */
export async function verifyNewPasskey(
  party: RelyingParty,
  response: NewPasskeyResponse,
  challenge: string,
): Promise<NewKey | null> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  if (isCrossOrigin(response) || !(await provesNothingElse(response))) return null;
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...response, clientExtensionResults: {} } as Parameters<
        typeof verifyRegistrationResponse
      >[0]['response'],
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified) return null;
    const { credential, credentialBackedUp } = registrationInfo;
    const transports = (response.response.transports ?? []).filter((name) => knownTransports.includes(name));
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: JSON.stringify(transports),
      backedUp: credentialBackedUp,
    };
  } catch {
    return null;
  }
}

/**
 * Reports whether a response carries no certificates. We ask for none, so browsers remove them. The library would request the
 * revocation lists that certificates name, from addresses that the maker of the certificate chose.
 */
async function provesNothingElse({ response }: NewPasskeyResponse): Promise<boolean> {
  const { decodeAttestationObject, isoBase64URL } = await import('@simplewebauthn/server/helpers');
  try {
    const object = decodeAttestationObject(isoBase64URL.toBuffer(response.attestationObject));
    const format = object.get('fmt');
    return format === 'none' || (format === 'packed' && object.get('attStmt').get('x5c') === undefined);
  } catch {
    return false;
  }
}

/** The state of a passkey after it signed. */
export interface SignedUse {
  counter: number;
  backedUp: boolean;
}

/**
 * Returns the state of the passkey after a response, or null unless it signed here, for this challenge and by a verified person. Also returns null
 * if the authenticator's counter went back, because then the passkey was copied.
 */
export async function verifySignature(
  party: RelyingParty,
  response: SignatureResponse,
  challenge: string,
  passkey: PasskeyRecord,
): Promise<SignedUse | null> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  if (isCrossOrigin(response)) return null;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: {} } as Parameters<
        typeof verifyAuthenticationResponse
      >[0]['response'],
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: { id: passkey.credentialId, publicKey: bytesOf(passkey.publicKey), counter: passkey.counter },
    });
    const { newCounter: counter, credentialBackedUp: backedUp } = authenticationInfo;
    return verified ? { counter, backedUp } : null;
  } catch {
    return null;
  }
}

function toDescriptor({ credentialId: id, transports }: PasskeyRecord) {
  return { id, transports: JSON.parse(transports) as AuthenticatorTransport[] };
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64url, 'base64url'));
}
