import type { Part } from './part.ts';

const lastUse = {
  last_used_at: 'time',
  last_used_method: 'text',
  last_used_path: 'text',
  last_used_ip: 'text',
  last_used_user_agent: 'text',
} as const;

const pause = {
  paused_at: 'time',
  paused_until: 'time',
  paused_reason: 'text',
  paused_by_kind: 'text',
  paused_by_id: 'text',
  paused_by_email: 'text',
  paused_by_superuser: 'flag',
  resumed_at: 'time',
} as const;

const token: Part = {
  ...{ name: 'tokens', table: 'tokens', key: ['id'], by: 'owner_id', of: 'member', inOrder: true },
  columns: {
    id: 'text',
    owner_id: 'text',
    hash: 'secret',
    previous_hash: 'secret',
    prefix: 'text',
    name: 'text',
    name_folded: 'text',
    description: 'text',
    created_at: 'time',
    expires_at: 'time',
    lifetime_ms: 'number',
    expiry_cut: 'flag',
    ...lastUse,
    seen_at: 'time',
    previous_used_at: 'time',
    rotated_at: 'time',
    self_rotate: 'flag',
    former_owner_knows: 'flag',
    quiet_networks: 'flag',
    ...pause,
    rules: 'json',
    rules_changed_at: 'time',
    notice_within: 'number',
    idle_noticed_at: 'time',
    manage: 'text',
    trust_id: 'text',
    canary: 'flag',
    canary_told_at: 'time',
    canary_untold: 'number',
  },
};

const tokenApp: Part = {
  ...{ name: 'token_apps', table: 'token_apps', key: ['app_id'], by: 'token_id', of: 'token', inOrder: false },
  columns: { token_id: 'text', app_id: 'text' },
};

const previousValue: Part = {
  ...{ name: 'previous_values', table: 'previous_values', key: ['hash'], by: 'token_id', of: 'token', inOrder: false },
  columns: {
    token_id: 'text',
    hash: 'secret',
    prefix: 'text',
    rotated_at: 'time',
    // Negative if the value was ended early.
    valid_until: { kind: 'time', sql: 'abs(valid_until)' },
    self_rotated: 'flag',
    ...lastUse,
    noticed_at: 'time',
  },
};

const usage: Part[] = [
  {
    ...{ name: 'usage_totals', table: 'usage_totals', key: ['token_id'], by: 'token_id', of: 'token', inOrder: true },
    columns: {
      token_id: 'text',
      uses: 'number',
      first_at: 'time',
      network_noticed_on: { kind: 'time', sql: 'network_noticed_on * 86400000' },
      no_app_at: 'time',
      no_path_at: 'time',
      odd_path_at: 'time',
      no_network_at: 'time',
      no_method_at: 'time',
    },
  },
  {
    ...{ name: 'usage_seen', table: 'usage_seen', key: ['kind', 'value'], by: 'token_id', of: 'token', inOrder: true },
    columns: {
      token_id: 'text',
      kind: 'text',
      value: 'text',
      uses: 'number',
      first_at: 'time',
      last_at: 'time',
    },
  },
  {
    ...{ name: 'usage_hours', table: 'usage_hours', key: ['hour', 'outcome'] },
    ...{ by: 'token_id', of: 'token', inOrder: true },
    columns: {
      token_id: 'text',
      hour: { kind: 'time', sql: 'hour * 3600000' },
      outcome: 'text',
      uses: 'number',
    },
  },
];

const deniedRequest: Part = {
  ...{
    name: 'denied_requests',
    table: 'denied_requests',
    key: ['at', 'id'],
    by: 'token_id',
    of: 'token',
    inOrder: true,
  },
  columns: {
    token_id: 'text',
    id: 'text',
    at: 'time',
    reason: 'text',
    app_id: 'text',
    method: 'text',
    path: 'text',
    ip: 'text',
    user_agent: 'text',
  },
};

/** Requests with values of tokens that had ended. */
const deniedAfterEnd: Part = {
  ...{ name: 'denied_requests_of_ended_tokens', table: 'ended_denied_requests', key: ['at', 'id'] },
  ...{ by: 'owner_id', of: 'member', inOrder: true },
  columns: { ...deniedRequest.columns, owner_id: 'text', hash: 'secret' },
};

const tombstone = {
  token_id: 'text',
  owner_id: 'text',
  hash: 'secret',
  prefix: 'text',
  name: 'text',
  revoked_at: 'time',
  reason: 'text',
  actor_kind: 'text',
  actor_id: 'text',
  actor_email: 'text',
} as const;

/** What tombstones know beyond how a token ended. */
const endedToken = { ...tombstone, ...lastUse, name_folded: 'text', is_current: 'flag', exchanged: 'flag' } as const;

const revoked: Part = {
  ...{ name: 'revoked_tokens', table: 'tombstones', key: ['hash'], by: 'owner_id', of: 'member', inOrder: true },
  columns: endedToken,
};

/** Tokens of others that the member revoked. */
const revokedOfOthers: Part = {
  ...{ name: 'tokens_revoked_by_member', table: 'tombstones', key: ['hash'] },
  ...{ by: 'actor_id', of: 'member', inOrder: false },
  except: 'owner_id <> actor_id',
  columns: tombstone,
};

/** Tokens of others that the member paused. Only the pause is about the member. */
const pausedOfOthers: Part = {
  ...{
    name: 'tokens_paused_by_member',
    table: 'tokens',
    key: ['id'],
    by: 'paused_by_id',
    of: 'member',
    inOrder: false,
  },
  except: 'owner_id <> paused_by_id',
  columns: { id: 'text', owner_id: 'text', name: 'text', ...pause },
};

const leak: Part = {
  ...{ name: 'leaks', table: 'leaks', key: ['hash'], by: 'owner_id', of: 'member', inOrder: false },
  columns: {
    hash: 'secret',
    token_id: 'text',
    owner_id: 'text',
    prefix: 'text',
    name: 'text',
    source: 'text',
    url: 'text',
    outcome: 'text',
    reports: 'number',
    places: 'secret',
    first_at: 'time',
    last_at: 'time',
    told_at: 'time',
  },
};

const idempotencyKey: Part = {
  ...{ name: 'idempotency_keys', table: 'idempotency_keys', key: ['key'], by: 'user_id', of: 'member', inOrder: true },
  columns: { user_id: 'text', key: 'text', body_hash: 'secret', token_id: 'text', created_at: 'time' },
};

export const tokenParts = [
  token,
  tokenApp,
  previousValue,
  ...usage,
  deniedRequest,
  deniedAfterEnd,
  leak,
  idempotencyKey,
  revoked,
  revokedOfOthers,
  pausedOfOthers,
];
