/** Bounds that both programs and the documentation share. */
export const limits = {
  maxBodyBytes: 64 * 1024,
  maxHeaderBytes: 64 * 1024,
  maxHeaderFields: 1000,
  /** Leaves time to report an unavailable database within two seconds. */
  lookupDeadlineMs: 1800,

  maxNameCodePoints: 64,
  maxDescriptionCodePoints: 500,
  /** Maximum number of groups of an app, and of groups that superusers give a member. */
  maxGroups: 50,
  /** Maximum number of maintainers of a service account. Each gets the mails about its tokens. */
  maxMaintainers: 50,
  /** Maximum number of tokens whose values a leaver knows, in the preview and the result of an offboarding. */
  maxKnownTokens: 100,
  /** Maximum number of hosts of an app. */
  maxHosts: 50,
  /** Maximum number of groups that the identity provider lists for a member. */
  maxSsoGroups: 200,
  /** Bytes of `X-Auth-Groups`, in which other servers accept 8 KB: those of groups from the identity provider, and of all others. */
  maxSsoGroupsBytes: 5 * 1024,
  maxManualGroupsBytes: 2 * 1024,
  maxEmailCharacters: 254,
  /** Maximum number of members whom one form invites. */
  maxInvitees: 100,
  maxPasskeys: 20,
  minPasswordCharacters: 12,
  maxPasswordCharacters: 1024,
  /** How long a confirmation that it is really the member counts. */
  confirmationLifetimeMs: 60 * 60 * 1000,
  maxPageSize: 200,
  defaultPageSize: 50,
  /** Maximum number of tokens that one request revokes or pauses. */
  maxBulkTokens: 1000,
  /** One hundred years, including leap days. */
  maxExpirySeconds: 36_525 * 24 * 60 * 60,
  /** The longest life of a management key. */
  maxKeyExpirySeconds: 366 * 24 * 60 * 60,
  defaultOverlapSeconds: 24 * 60 * 60,
  maxOverlapSeconds: 30 * 24 * 60 * 60,
  /** How long a token works that a service account received from a member who left, unless it is rotated. */
  defaultGraceSeconds: 30 * 24 * 60 * 60,
  maxGraceSeconds: 366 * 24 * 60 * 60,
  /** How long a token works that a job received under a trust. */
  minTrustTtlSeconds: 60,
  defaultTrustTtlSeconds: 15 * 60,
  maxTrustTtlSeconds: 60 * 60,
  /** Maximum number of hashes in one request for statuses. */
  maxHashes: 1000,
  /** Values in one report of leaks, and the bytes of its body. */
  maxReportedValues: 1000,
  maxReportBytes: 1024 * 1024,
  /** Maximum number of places of one leaked value that the audit log names. */
  maxLeakPlaces: 20,
  /** A token can rotate itself this often in an hour, because each rotation sends a mail. */
  maxSelfRotationsPerHour: 60,
  maxIdempotencyKeyCharacters: 255,
  idempotencyWindowMs: 24 * 60 * 60 * 1000,
  maxPathCharacters: 1024,
  maxUserAgentCharacters: 256,
  /** Maximum number of routes, networks or agents that are kept for one token. */
  maxSeenValues: 200,
  /** Maximum number of denied requests that are kept for one token. */
  maxDeniedRequests: 20,
  /** Maximum number of lines of `allow`, and of networks, of one token. */
  maxRuleEntries: 50,
  maxAllowLineCharacters: 1024,
  /** How long a last use that a proxy reported is shown, although the token was then used without a proxy's report. */
  reportedUseMs: 24 * 60 * 60 * 1000,

  /** People are told of a canary at most once in this time. */
  canaryTellMs: 60 * 60 * 1000,

  tombstoneRetentionMs: 90 * 24 * 60 * 60 * 1000,
  /** A daemon whose last batch of uses failed tries again every second, so it does not need its row after a month. */
  usageWriterRetentionMs: 30 * 24 * 60 * 60 * 1000,
  /** How long the daily totals of verifications are kept. They contain no personal data. */
  organizationDayRetentionMs: 400 * 24 * 60 * 60 * 1000,
  sentMailRetentionMs: 7 * 24 * 60 * 60 * 1000,
  /** How long files of mail stay in `DATA_DIR/mail`. */
  spooledMailRetentionMs: 30 * 24 * 60 * 60 * 1000,

  maxWebhooks: 100,
  maxWebhookUrlCharacters: 2048,
  /** How long a delivery is attempted, and how long a receiver may fail before its webhook is disabled. */
  webhookRetryMs: 3 * 24 * 60 * 60 * 1000,
  /** How long a webhook signs with the secret before a rotation, too. */
  webhookSecretOverlapMs: 24 * 60 * 60 * 1000,
  deliveryRetentionMs: 30 * 24 * 60 * 60 * 1000,

  deviceCodeLifetimeMs: 10 * 60 * 1000,
  devicePollIntervalMs: 5 * 1000,
  authorizationCodeLifetimeMs: 60 * 1000,
  maxListedSessions: 100,
  /** How long a member has to use a passkey, once the browser asks for it. */
  passkeyChallengeLifetimeMs: 5 * 60 * 1000,
  secondFactorLifetimeMs: 10 * 60 * 1000,
  totpSetUpLifetimeMs: 10 * 60 * 1000,
  ssoSignInLifetimeMs: 10 * 60 * 1000,
  passwordResetLifetimeMs: 30 * 60 * 1000,
  recoveryLinkLifetimeMs: 30 * 60 * 1000,
  invitationLifetimeMs: 7 * 24 * 60 * 60 * 1000,
  emailChangeLifetimeMs: 24 * 60 * 60 * 1000,
} as const;
