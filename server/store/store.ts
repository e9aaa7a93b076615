import type { DatabaseClock } from './engine/engine.ts';
import type { ClientStore, OwnerStore, UserStore } from './interfaces/accounts.ts';
import type { AppStore } from './interfaces/apps.ts';
import type { AuditStore } from './interfaces/audit.ts';
import type { ErasureStore, MemberDataStore } from './interfaces/erasure.ts';
import type { CanaryStore, LeakStore } from './interfaces/leaks.ts';
import type { CollectedEventStore, NoticeStore } from './interfaces/notices.ts';
import type { OutboxStore } from './interfaces/outbox.ts';
import type { PolicyStore } from './interfaces/policies.ts';
import type { SearchStore } from './interfaces/search.ts';
import type { ServiceAccountStore } from './interfaces/service-accounts.ts';
import type { DeviceCodeStore, PasskeyStore, SessionStore, TicketStore, TotpStore } from './interfaces/sign-in.ts';
import type { UsageStore } from './interfaces/tokens/usage.ts';
import type { EndedTokenStore, IdempotencyStore, TokenStore } from './interfaces/tokens.ts';
import type { TrustStore } from './interfaces/trusts.ts';
import type { DeliveryStore, WebhookStore } from './interfaces/webhooks.ts';
import type { Limiter, LimiterOptions } from './limiter.ts';

/**
 * The database, as the domain uses it. A method that changes a row states its conditions in the statement itself, and
 * its return value reports whether they held.
 *
 * @throws StoreUnavailable from every method while the database cannot be used. Error messages hold no stored values.
 */
export interface Store {
  readonly users: UserStore;
  readonly owners: OwnerStore;
  readonly serviceAccounts: ServiceAccountStore;
  readonly tokens: TokenStore;
  readonly search: SearchStore;
  readonly endedTokens: EndedTokenStore;
  readonly canaries: CanaryStore;
  readonly idempotency: IdempotencyStore;
  readonly sessions: SessionStore;
  readonly tickets: TicketStore;
  readonly clients: ClientStore;
  readonly apps: AppStore;
  readonly trusts: TrustStore;
  readonly deviceCodes: DeviceCodeStore;
  readonly totp: TotpStore;
  readonly passkeys: PasskeyStore;
  readonly audit: AuditStore;
  readonly outbox: OutboxStore;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
  readonly leaks: LeakStore;
  readonly policies: PolicyStore;
  readonly usage: UsageStore;
  readonly notices: NoticeStore;
  readonly collectedEvents: CollectedEventStore;
  readonly erasure: ErasureStore;
  readonly memberData: MemberDataStore;
  /** Maximum number of lookups that run in parallel. More would only queue for a connection. */
  readonly maxParallelLookups: number;
  /** Returns counters for rate limits. All daemons on one PostgreSQL database share them; on SQLite they are in memory. */
  limiter(options: LimiterOptions): Limiter;
  /** Deletes at most `limit` counters that expired before `now`. Returns the number of rows deleted. */
  purgeCounts(now: number, limit: number): Promise<number>;
  /**
   * Runs `work` in one transaction: commits it, or rolls back if `work` throws. Name the parameter `store`, so that
   * it shadows the outer store. Calls on the outer store are not part of the transaction. On SQLite they would wait
   * for the transaction to end, and time out.
   *
   * @throws OutcomeUnknown if the connection was lost during the commit
   */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
  readonly clock: DatabaseClock;
  /** Throws unless the database can be used. */
  ping(): Promise<void>;
  /**
   * Applies the missing migrations under a lock, and returns their names.
   *
   * @throws StoreFailure if a newer release migrated the database and this program cannot use it
   */
  migrate(): Promise<string[]>;
  /** Returns whether this program can use the schema: no migration is missing, and no newer one excludes it. */
  schemaIsCurrent(): Promise<boolean>;
  /** Returns the database with its version, such as `PostgreSQL 18.1`, and the name of the newest migration. */
  describe(): Promise<{ database: string; schema: string }>;
  close(): Promise<void>;
}
