import { notShown, type Part } from './part.ts';

const who = { actor_kind: 'text', actor_id: 'text', actor_email: 'text' } as const;

/** The data of tickets of these kinds says who the member is. The data of other kinds may help to redeem the ticket. */
const openTickets = "kind IN ('email-change', 'sso-proposal')";

export const account: Part = {
  ...{ name: 'account', table: 'users', key: ['id'], by: 'id', of: 'member', inOrder: true },
  columns: {
    id: 'text',
    kind: 'text',
    email: 'text',
    email_folded: 'text',
    name: 'text',
    name_folded: 'text',
    description: 'text',
    superuser: 'flag',
    auditor: 'flag',
    disabled: 'flag',
    can_manage_tokens: 'flag',
    manual_groups: 'json',
    sso_groups: 'json',
    sso: 'flag',
    sso_signed_in_at: 'time',
    oidc_issuer: 'text',
    oidc_subject: 'text',
    password_hash: 'secret',
    password_until_sso: 'flag',
    totp_secret: 'secret',
    totp_enabled_at: 'time',
    totp_last_step: 'number',
    passkeys: 'number',
    created_at: 'time',
    invited_at: 'time',
    joined_at: 'time',
    disabled_at: 'time',
    deleted_at: 'time',
  },
};

const session: Part = {
  ...{ name: 'sessions', table: 'sessions', key: ['id'], by: 'user_id', of: 'member', inOrder: false },
  columns: {
    id: 'text',
    user_id: 'text',
    hash: 'secret',
    created_at: 'time',
    last_seen_at: 'time',
    expires_at: 'time',
    console_started_at: 'time',
    program_started_at: 'time',
    ip: 'text',
    user_agent: 'text',
    sso: 'flag',
    sso_sid: 'text',
    sso_id_token: 'secret',
    confirmed_at: 'time',
  },
};

const ticket: Part = {
  ...{ name: 'tickets', table: 'tickets', key: ['hash'], by: 'user_id', of: 'member', inOrder: false },
  columns: {
    hash: 'secret',
    kind: 'text',
    user_id: 'text',
    data: { kind: 'json', sql: `CASE WHEN ${openTickets} THEN data ELSE '${notShown}' END` },
    created_at: 'time',
    expires_at: 'time',
  },
};

const deviceCode: Part = {
  ...{ name: 'device_codes', table: 'device_codes', key: ['hash'], by: 'user_id', of: 'member', inOrder: false },
  columns: {
    hash: 'secret',
    user_code: 'secret',
    client_id: 'text',
    ip: 'text',
    user_agent: 'text',
    created_at: 'time',
    expires_at: 'time',
    interval_ms: 'number',
    last_polled_at: 'time',
    status: 'text',
    opened_by: 'text',
    user_id: 'text',
    sso: 'flag',
    sso_sid: 'text',
  },
};

const maintainer: Part = {
  ...{ name: 'maintained_service_accounts', table: 'maintainers', key: ['service_account_id'] },
  ...{ by: 'user_id', of: 'member', inOrder: false },
  columns: {
    service_account_id: 'text',
    name: { kind: 'text', sql: '(SELECT name FROM users WHERE users.id = service_account_id)' },
    user_id: 'text',
  },
};

const recoveryCode: Part = {
  ...{ name: 'recovery_codes', table: 'recovery_codes', key: ['hash'], by: 'user_id', of: 'member', inOrder: true },
  columns: { user_id: 'text', hash: 'secret' },
};

const passkey: Part = {
  ...{ name: 'passkeys', table: 'passkeys', key: ['id'], by: 'user_id', of: 'member', inOrder: false },
  columns: {
    id: 'text',
    user_id: 'text',
    credential_id: 'text',
    public_key: 'text',
    counter: 'number',
    transports: 'json',
    backed_up: 'flag',
    rp_id: 'text',
    name: 'text',
    created_at: 'time',
    last_used_at: 'time',
  },
};

const event = {
  id: 'text',
  at: 'time',
  action: 'text',
  ...who,
  actor_token: 'text',
  target_kind: 'text',
  target_id: 'text',
  target_name: 'text',
  owner_id: 'text',
  changes: 'json',
  ip: 'text',
  user_agent: 'text',
  position: 'number',
} as const;

/** Each event has one part: that of the member as owner, else as actor, else as target. */
const audit: Part[] = [
  ['audit', 'owner_id', ''],
  ['audit_by_member', 'actor_id', '(owner_id IS NULL OR owner_id <> actor_id)'],
  [
    'audit_of_member',
    'target_id',
    '(owner_id IS NULL OR owner_id <> target_id) AND (actor_id IS NULL OR actor_id <> target_id)',
  ],
].map(([name = '', by = '', except = '']) => ({
  ...{ name, table: 'audit', key: ['id'], by, of: 'member', inOrder: true },
  ...(except !== '' && { except }),
  columns: event,
}));

/** Failed sign-ins with the address of the member, from before they were one. */
const attempt: Part = {
  ...{ name: 'sign_in_attempts', table: 'audit', key: ['id'], by: 'actor_email', of: 'address', inOrder: true },
  except: "owner_id IS NULL AND actor_kind = 'anonymous'",
  columns: event,
};

export const accountParts = [account, session, recoveryCode, passkey, ticket, deviceCode, maintainer];
export const auditParts = [...audit, attempt];
