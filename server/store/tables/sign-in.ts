import { boolean, integer, nullable, text } from './column.ts';

export const sessionColumns = {
  id: text('id'),
  userId: text('user_id'),
  /** SHA-256 of the secret, base64url. */
  hash: text('hash'),
  createdAt: integer('created_at'),
  lastSeenAt: integer('last_seen_at'),
  /** Latest end, decided when the session began. The idle time and the current settings may end it earlier. */
  expiresAt: integer('expires_at'),
  /**
   * The earliest start of a console session among this session and its approvers. Null if there is none. Both starts are null
   * if a release wrote the row that did not record them.
   */
  consoleStartedAt: nullable(integer('console_started_at')),
  /** The same for sessions of programs. Not null if the session itself belongs to a program. */
  programStartedAt: nullable(integer('program_started_at')),
  ip: nullable(text('ip')),
  userAgent: nullable(text('user_agent')),
  /** True if the session started with single sign-on, or was approved from a session that did. */
  sso: boolean('sso'),
  /** The identity provider's session ID (OIDC Back-Channel Logout §2.1). Null if the provider sent none. */
  ssoSid: nullable(text('sso_sid')),
  /**
   * When the member last proved who they are in this session: by signing in, or by a confirmation. A session that was
   * approved on the same computer begins with the time of its approver, and that of a device with null. Null also if it is not known.
   */
  confirmedAt: nullable(integer('confirmed_at')),
};

/**
 * A secret that is accepted once: a mailed link, an authorization code or an unfinished sign-in. The secret of an `sso-connect`
 * or an `sso-confirm` is the state of a request to the identity provider. A `logout-token` records a logout token of the identity
 * provider, so that it is not accepted again. A `totp-set-up` holds the secret that a session or an unfinished sign-in has
 * prepared, and is found by the ID of that session or sign-in. A `replaced-invitation` is never accepted: it records when a newer
 * invitation was made.
 */
export const ticketColumns = {
  /** SHA-256 of the secret, base64url. */
  hash: text('hash'),
  kind: text<
    'kind',
    | 'password-reset'
    | 'invitation'
    | 'replaced-invitation'
    | 'email-change'
    | 'recovery'
    | 'unlock'
    | 'second-step'
    | 'totp-set-up'
    | 'passkey'
    | 'authorization-code'
    | 'logout-token'
    | 'sso-connect'
    | 'sso-confirm'
    | 'sso-proposal'
  >('kind'),
  userId: nullable(text('user_id')),
  /** JSON. Its shape depends on the kind. */
  data: text('data'),
  createdAt: integer('created_at'),
  expiresAt: integer('expires_at'),
};

/** A device's sign-in, which a member approves in a browser (RFC 8628). */
export const deviceCodeColumns = {
  /** SHA-256 of the device code, base64url. */
  hash: text('hash'),
  /** Eight letters, without the dash. */
  userCode: text('user_code'),
  clientId: text('client_id'),
  /** IP address of the device. */
  ip: nullable(text('ip')),
  userAgent: nullable(text('user_agent')),
  createdAt: integer('created_at'),
  expiresAt: integer('expires_at'),
  /** This and the next one are for daemons of an earlier release. Polls are paced in memory. */
  intervalMs: integer('interval_ms'),
  lastPolledAt: nullable(integer('last_polled_at')),
  status: text<'status', 'pending' | 'approved' | 'denied'>('status'),
  /** ID of the browser session that entered the user code first. */
  openedBy: nullable(text('opened_by')),
  /** The member who approved or denied the sign-in. `sso` and `ssoSid` are those of the session in which they did. */
  userId: nullable(text('user_id')),
  sso: boolean('sso'),
  ssoSid: nullable(text('sso_sid')),
};

/** A passkey: a key pair on a member's device, whose public key is stored here (WebAuthn). */
export const passkeyColumns = {
  id: text('id'),
  userId: text('user_id'),
  /** Base64url, chosen by the authenticator. Unique. */
  credentialId: text('credential_id'),
  /** COSE, base64url. */
  publicKey: text('public_key'),
  /** How often the authenticator signed. Always 0 if the authenticator does not count. */
  counter: integer('counter'),
  /** How browsers reach the authenticator, such as `usb`. A JSON array. */
  transports: text('transports'),
  /** Whether the authenticator's provider keeps a copy. */
  backedUp: boolean('backed_up'),
  /** The relying party ID: the host of the public URL for which the passkey was made. It works for no other host. */
  rpId: text('rp_id'),
  name: text('name'),
  createdAt: integer('created_at'),
  lastUsedAt: nullable(integer('last_used_at')),
};

/** A member's TOTP secret and its state. */
export const totpColumns = {
  /** Base32. */
  secret: text('totp_secret'),
  /** Null if a set-up in an earlier release was not finished. Such a secret is not used. */
  enabledAt: nullable(integer('totp_enabled_at')),
  /** The newest time step whose code was accepted. Older steps are rejected, so no code works twice (RFC 6238 §5.2). */
  lastStep: nullable(integer('totp_last_step')),
};
