/** Bounds that both programs and their documentation share. Sizes in bytes, times in milliseconds unless the name says otherwise. */
export const limits = {
  bodyBytes: 64 * 1024,
  headerBytes: 64 * 1024,
  /** A look-up may take this long, so that "database unreachable" is said within two seconds. */
  lookupDeadline: 1800,
  nameCodePoints: 64,
  descriptionCodePoints: 500,
  emailCharacters: 254,
  passwordMinimum: 12,
  passwordMaximum: 1024,
  pageMaximum: 200,
  pageDefault: 50,
  /** A hundred years, whichever of them are leap years. */
  expirySecondsMaximum: 36_525 * 24 * 60 * 60,
  idempotencyKeyCharacters: 255,
  idempotencyWindow: 24 * 60 * 60 * 1000,
  lastUsedPathCharacters: 1024,
  userAgentCharacters: 256,
  tombstoneKept: 90 * 24 * 60 * 60 * 1000,
  sentMailKept: 7 * 24 * 60 * 60 * 1000,
  /** How long a sign-in may take, by what is in between. */
  deviceCodeLife: 10 * 60 * 1000,
  devicePollInterval: 5 * 1000,
  authorizationCodeLife: 60 * 1000,
  secondFactorLife: 10 * 60 * 1000,
  ssoSignInLife: 10 * 60 * 1000,
  passwordResetLife: 30 * 60 * 1000,
  sessionIdle: 12 * 60 * 60 * 1000,
  sessionAbsolute: 30 * 24 * 60 * 60 * 1000,
} as const;
