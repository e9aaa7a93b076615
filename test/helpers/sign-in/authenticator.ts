import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type {
  PublicKeyCredentialCreationOptionsJSON as CreationOptions,
  PublicKeyCredentialRequestOptionsJSON as RequestOptions,
} from '@simplewebauthn/server';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** The parts that a dishonest browser or authenticator changes. */
export interface Tampering {
  origin?: string;
  /** The host that the authenticator signs for. */
  rpId?: string;
  /** False: the authenticator does not verify the person. */
  userVerified?: boolean;
  /** The number of signatures that the authenticator reports. */
  counter?: number;
  /** Signs with another key. */
  key?: KeyObject;
  userHandle?: string;
  challenge?: string;
  type?: string;
  crossOrigin?: boolean;
  /** The ID of another passkey. */
  credentialId?: string;
  format?: { fmt: string; attStmt: Map<string, unknown> };
}

export type Authenticator = ReturnType<typeof createAuthenticator>;

/** Creates an authenticator in software that holds one passkey (ES256), with a browser that shows `https://tokens.example.com`. */
export function createAuthenticator({ origin = 'https://tokens.example.com', counts = true } = {}) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(16);
  const state = { counter: 0, userHandle: '' };

  const clientData = (type: string, challenge: string, changed: Tampering) =>
    Buffer.from(
      JSON.stringify({
        type: changed.type ?? type,
        challenge: changed.challenge ?? challenge,
        origin: changed.origin ?? origin,
        crossOrigin: changed.crossOrigin ?? false,
      }),
    );

  /** Flags: the person was present, was verified, and whether a new key follows. */
  const authData = (rpId: string, changed: Tampering, newKey = Buffer.alloc(0)) => {
    const flags = 0x01 | (changed.userVerified === false ? 0 : 0x04) | (newKey.length > 0 ? 0x40 : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(changed.counter ?? state.counter);
    return Buffer.concat([sha256(changed.rpId ?? rpId), Buffer.from([flags]), counter, newKey]);
  };

  const named = (credentialId = id.toString('base64url')) =>
    ({ id: credentialId, rawId: credentialId, type: 'public-key', clientExtensionResults: {} }) as const;

  return {
    id: id.toString('base64url'),
    privateKey,
    state,

    /** Makes the passkey, and returns the JSON text that the page posts. */
    create(options: CreationOptions, changed: Tampering = {}): string {
      state.userHandle = options.user.id;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const newKey = Buffer.concat([Buffer.alloc(16), length, id, coseKey(publicKey)]);
      const { fmt, attStmt } = changed.format ?? { fmt: 'none', attStmt: new Map() };
      const attestation = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', Uint8Array.from(authData(options.rp.id ?? '', changed, newKey))],
      ]);
      const response = {
        clientDataJSON: clientData('webauthn.create', options.challenge, changed).toString('base64url'),
        attestationObject: encode(attestation).toString('base64url'),
        transports: ['internal', 'hybrid'],
      };
      return JSON.stringify({ ...named(changed.credentialId), response });
    },

    /** Signs with the passkey, and returns the JSON text that the page posts. */
    get(options: RequestOptions, changed: Tampering = {}): string {
      if (counts) state.counter += 1;
      const data = clientData('webauthn.get', options.challenge, changed);
      const authenticatorData = authData(options.rpId ?? '', changed);
      const signed = Buffer.concat([authenticatorData, sha256(data)]);
      const response = {
        clientDataJSON: data.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: sign('sha256', signed, changed.key ?? privateKey).toString('base64url'),
        userHandle: changed.userHandle ?? state.userHandle,
      };
      return JSON.stringify({ ...named(changed.credentialId), response });
    },
  };
}

/** Returns the public key as COSE (RFC 9053 §7.1.1). */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return encode(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
      [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
    ]),
  );
}

function encode(value: Map<string | number, unknown>): Buffer {
  return Buffer.from(isoCBOR.encode(value as Parameters<typeof isoCBOR.encode>[0]));
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
