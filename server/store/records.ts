import type { actorColumns, auditColumns, auditTargetColumns } from './tables/audit.ts';
import type { RecordOf } from './tables/column.ts';
import type { trustColumns, trustPinColumns, usedSubjectTokenColumns } from './tables/machines.ts';
import type { collectedEventColumns, noticeColumns } from './tables/notices.ts';
import type {
  deviceCodeColumns,
  passkeyColumns,
  sessionColumns,
  ticketColumns,
  totpColumns,
} from './tables/sign-in.ts';
import type {
  idempotencyColumns,
  lastUseColumns,
  newTokenColumns,
  ownerColumns,
  policyStartColumns,
  previousValueColumns,
  tokenColumns,
  tombstoneColumns,
} from './tables/tokens.ts';
import type { gapColumns, organizationDayColumns, usageHourColumns, usageSeenColumns } from './tables/usage.ts';
import type { DeniedRequest } from './token-records.ts';

// The fields are listed and described in `tables/`. Every time is in milliseconds since the epoch.

export type { ClientRecord, Identity, ServiceAccountSummary, UserRecord, UserSummary } from './account-records.ts';

/** Which identity tokens of an issuer may be exchanged for a token of a service account. */
export type TrustRecord = RecordOf<typeof trustColumns>;

/** A trust as lists show it, with the name of its service account. */
export interface ListedTrust extends TrustRecord {
  serviceAccount: string;
}

export type TrustPin = RecordOf<typeof trustPinColumns>;

export type UsedSubjectToken = RecordOf<typeof usedSubjectTokenColumns>;

export type NewToken = RecordOf<typeof newTokenColumns>;

/** The newest request that a token authenticated. A field is null if the caller of verification did not supply it. */
export type LastUse = RecordOf<typeof lastUseColumns>;

/** A use of a token. `prefix` tells the value that was used; by default, it is the current one. `previous`: it was a previous one. */
export interface TokenUse extends LastUse {
  tokenId: string;
  prefix?: string;
  previous?: boolean;
}

/** A stored token joined to its owner. */
export interface TokenRecord extends RecordOf<typeof tokenColumns>, RecordOf<typeof ownerColumns> {
  /** The last use of the current value. */
  lastUse: LastUse | null;
  /** The value before the newest rotation, unless it was ended early. It may have ended by itself. */
  previous: PreviousValue | null;
  /** The last denied request with any value of the token that is still kept. Null if there is none. */
  lastDenied: DeniedRequest | null;
  /** The newest of all times that keep a token from becoming idle: creation, uses, rotation and resumption. */
  activeAt: number;
}

/** A value that a rotation replaced. */
export interface PreviousValue extends RecordOf<typeof previousValueColumns> {
  /** Its last use since the rotation. */
  lastUse: LastUse | null;
}

/** The time and the policy that a token's status depends on, in addition to its record. */
export interface StatusContext {
  now: number;
  /** Tokens are stale if their owner last used single sign-on before this time. Absent if there is no such policy. */
  ssoStaleBefore?: number;
  /** Tokens are idle if nothing has happened to them since this time. Absent if there is no such policy. */
  idleBefore?: number;
}

/** A value of a policy, and when a daemon first served the database with it or with a stricter one. */
export type PolicyStart = RecordOf<typeof policyStartColumns>;

export type { AppKey, AppMatch, AppRecord } from './app-records.ts';
export type { Canary, LeakRecord, NewLeak } from './leak-records.ts';
export type { DeniedRequest, EndedToken, FoundEndedToken, NewDeniedRequest, SearchText } from './token-records.ts';

/**
 * What a lookup by hash finds: a stored token with its owner, the tombstone of a destroyed token, or only that there is a canary. `prefix` is
 * that of the value with this hash. Nothing finds the tombstone of a canary.
 */
export type HashMatch =
  | ({
      kind: 'token';
      /** When a previous value ends, or ended. Null if the hash is that of the current value. */
      validUntil: number | null;
      ownerName: string;
      ownerSuperuser: boolean;
      /** The groups of the owner from the identity provider and from superusers, JSON arrays. Null if there are none. */
      ownerSsoGroups: string | null;
      ownerManualGroups: string | null;
    } & RecordOf<typeof ownerColumns> &
      Pick<
        TokenRecord,
        | ('id' | 'prefix' | 'name' | 'createdAt' | 'expiresAt' | 'ownerId')
        | ('pausedAt' | 'pausedUntil' | 'activeAt' | 'rules' | 'manage')
      >)
  | {
      kind: 'tombstone';
      tokenId: string;
      prefix: string;
      name: string;
      ownerId: string;
      ownerEmail: string;
      revokedAt: number;
      reason: RecordOf<typeof tombstoneColumns>['reason'];
    }
  | { kind: 'canary'; hash: string };

/** A request with an `Idempotency-Key`, and the token that it created. */
export type IdempotencyRecord = RecordOf<typeof idempotencyColumns>;

export type SessionRecord = RecordOf<typeof sessionColumns>;

export type PasskeyRecord = RecordOf<typeof passkeyColumns>;

/**
 * The times that decide which sessions have ended. A session has ended if its `expiresAt` is at or before `now`, if it
 * started at or before `started` of a kind that it derives from, or if it was last seen at or before `seen` of its own kind.
 */
export interface SessionBounds {
  now: number;
  console: { started: number; seen: number };
  program: { started: number; seen: number };
}

/** A secret that is accepted once: a mailed link, an authorization code or an unfinished sign-in. */
export type Ticket = RecordOf<typeof ticketColumns>;
export type TicketKind = Ticket['kind'];

/** A device's sign-in, which a member approves in a browser (RFC 8628). */
export type DeviceCodeRecord = RecordOf<typeof deviceCodeColumns>;

/** A member's TOTP secret and its state. */
export type TotpRecord = RecordOf<typeof totpColumns>;

/** Who made a change. `token` names the management key with which a service account made it. */
export type Actor = RecordOf<typeof actorColumns> & { token?: string };

/** A field that an audited action changed. Times are RFC 3339. */
export interface FieldChange {
  field: string;
  from: string | boolean | null;
  to: string | boolean | null;
}

export interface AuditRecord extends Omit<RecordOf<typeof auditColumns>, 'changes'> {
  /** Absent if the action changes no fields. */
  changes?: FieldChange[];
  actor: Actor;
  target: RecordOf<typeof auditTargetColumns>;
}

/** An audit event as lists show it. */
export interface ListedAuditRecord extends AuditRecord {
  /** The owner's present email address if the target is a token. Null for other targets and for deleted members. */
  tokenOwnerEmail: string | null;
  /** The actor's present name if the actor is a member who has one. Null for other actors and for deleted members. */
  actorName: string | null;
}

/** A notice about a token that is due. */
export interface PendingNotice extends RecordOf<typeof noticeColumns> {
  token: TokenRecord;
}

/** An event about a short-lived token that waits for a common mail. */
export type CollectedEvent = RecordOf<typeof collectedEventColumns>;

export type {
  DeadLetter,
  MailLink,
  MailLinkKind,
  MailRecord,
  OutboxBacklog,
  QueuedMail,
  WaitingMail,
} from './mail-records.ts';
export type {
  ClaimedDelivery,
  DeliveryBacklog,
  DeliveryRecord,
  DueWebhook,
  WebhookHealth,
  WebhookRecord,
  WebhookSecrets,
} from './webhook-records.ts';

/** A page of a list, newest first. `before` is the ID of the last item of the previous page. */
export interface Page {
  limit: number;
  before: string | null;
}

/** A token that a search found. */
export interface FoundToken {
  token: TokenRecord;
  /** The prefix of an earlier value, if the text is the beginning of that one. */
  earlierPrefix: string | null;
}

/** How many verifications of all tokens one day had. */
export type OrganizationDay = RecordOf<typeof organizationDayColumns>;

/** How often a token was used in one hour with one outcome. */
export type HourCount = Omit<RecordOf<typeof usageHourColumns>, 'tokenId'>;

/** How often a token was used with a route, from a network, by an agent, or for an app. */
export type SeenCount = Omit<RecordOf<typeof usageSeenColumns>, 'tokenId'>;

/** The uses of one token since it was last written. */
export interface TokenUses {
  tokenId: string;
  /** The first allowed use; null if none was allowed. */
  firstAt: number | null;
  hours: readonly HourCount[];
  seen: readonly SeenCount[];
  /** Null if no use had a gap. */
  gaps: GapTimes | null;
}

/** The last times at which allowed uses lacked an input of rules. */
export type GapTimes = RecordOf<typeof gapColumns>;

/** The first use of a token from a network. */
export interface NewNetwork {
  tokenId: string;
  network: string;
  at: number;
  /** Uses from this network in the batch. */
  uses: number;
}

export type SeenKind = SeenCount['kind'];
