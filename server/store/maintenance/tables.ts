export interface DataTable {
  name: string;
  /** Its primary key. */
  key: readonly [string, ...string[]];
}

/** Tables that hold data, each after the tables that it references. */
export const dataTables: readonly DataTable[] = [
  { name: 'users', key: ['id'] },
  { name: 'maintainers', key: ['service_account_id', 'user_id'] },
  { name: 'trusts', key: ['id'] },
  { name: 'trust_pins', key: ['trust_id', 'kind', 'name'] },
  { name: 'used_subject_tokens', key: ['hash'] },
  { name: 'apps', key: ['id'] },
  { name: 'app_hosts', key: ['host'] },
  { name: 'tokens', key: ['id'] },
  { name: 'token_apps', key: ['app_id', 'token_id'] },
  { name: 'previous_values', key: ['hash'] },
  { name: 'tombstones', key: ['hash'] },
  { name: 'ended_denied_requests', key: ['token_id', 'at', 'id'] },
  { name: 'leaks', key: ['hash'] },
  { name: 'erasures', key: ['user_id'] },
  { name: 'idempotency_keys', key: ['user_id', 'key'] },
  { name: 'sessions', key: ['id'] },
  { name: 'passkeys', key: ['id'] },
  { name: 'recovery_codes', key: ['user_id', 'hash'] },
  { name: 'tickets', key: ['hash'] },
  { name: 'clients', key: ['id'] },
  { name: 'device_codes', key: ['hash'] },
  { name: 'audit', key: ['id'] },
  { name: 'outbox', key: ['id'] },
  { name: 'webhooks', key: ['id'] },
  { name: 'webhook_deliveries', key: ['webhook_id', 'id'] },
  { name: 'policy_starts', key: ['policy', 'value_ms'] },
  { name: 'usage_hours', key: ['token_id', 'hour', 'outcome'] },
  { name: 'usage_seen', key: ['token_id', 'kind', 'value'] },
  { name: 'usage_totals', key: ['token_id'] },
  { name: 'denied_requests', key: ['token_id', 'at', 'id'] },
  { name: 'usage_writers', key: ['id'] },
  { name: 'organization_days', key: ['day'] },
  { name: 'job_positions', key: ['job'] },
  { name: 'daily_mails', key: ['user_id'] },
  { name: 'mail_windows', key: ['user_id'] },
  { name: 'collected_events', key: ['id'] },
];

/** Tables that are not moved to another database: its own schema bookkeeping, rate-limit counters, and the version of its apps. */
export const internalTables = ['knex_migrations', 'knex_migrations_lock', 'compatibility', 'counts', 'app_version'];
