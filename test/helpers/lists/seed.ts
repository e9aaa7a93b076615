import type { Engine } from '../../../server/store/engine/engine.ts';
import { seedEndedTokens } from './seed-ended-tokens.ts';

export interface ListSizes {
  users: number;
  tokens: number;
  events: number;
  sessions: number;
  mails: number;
  clients: number;
  apps: number;
  serviceAccounts: number;
  /** Exchanged tokens, besides `tokens`. */
  exchanged: number;
}

/** How an installation with this many tokens looks. */
export function sizesFor(tokens: number): ListSizes {
  return {
    users: Math.max(200, tokens / 10),
    tokens,
    events: tokens * 10,
    sessions: tokens / 5,
    mails: tokens / 5,
    clients: Math.max(100, tokens / 100),
    apps: Math.max(100, tokens / 100),
    serviceAccounts: Math.max(100, tokens / 100),
    exchanged: tokens / 20,
  };
}

/** The end of the year in which everything happened. */
export const seedEnd = Date.UTC(2026, 10, 28);
const yearMs = 365 * 24 * 60 * 60 * 1000;
const rowsPerStatement = 250_000;

/**
 * How each engine writes a series of numbers and an ID, and lists the indexes that belong to no constraint. `time` is in
 * milliseconds; `i` makes the ID unique.
 */
const dialects = {
  sqlite: {
    indexes:
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND sql NOT LIKE 'CREATE UNIQUE%'",
    numbers: (from: number, to: number) =>
      `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to}) SELECT i FROM n`,
    id: (time: string, i: string) => `printf('%08x-%04x-7000-8000-%012x', (${time}) >> 16, (${time}) & 65535, ${i})`,
  },
  postgres: {
    indexes:
      "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = 'public' AND indexdef NOT LIKE 'CREATE UNIQUE%'",
    numbers: (from: number, to: number) => `SELECT i FROM generate_series(${from}::bigint, ${to}::bigint) AS s (i)`,
    id: (time: string, i: string) =>
      `regexp_replace(lpad(to_hex((${time})::bigint), 12, '0'), '^(.{8})', '\\1-') || '-7000-8000-' || lpad(to_hex((${i})::bigint), 12, '0')`,
  },
};

export type SeedKind = keyof typeof dialects;

/**
 * Fills a migrated, empty database inside its server. The data are unkind to lists: rows that match a filter are rare, and among
 * the oldest.
 */
export async function seedLists({ knex, rows }: Engine, kind: SeedKind, sizes: ListSizes): Promise<void> {
  const { numbers, id, indexes } = dialects[kind];
  // Filling a table is several times as fast without indexes, and they are as good if they are created afterwards.
  const definitions = rows(await knex.raw(indexes)) as Array<{ name: string; sql: string }>;
  for (const { name } of definitions) await knex.raw(`DROP INDEX ${name}`);
  const idOf = (count: number) => (i: string) => id(`${seedEnd - yearMs} + (${i}) * ${Math.floor(yearMs / count)}`, i);
  const insert = async (table: string, count: number, row: Record<string, string>) => {
    for (let from = 1; from <= count; from += rowsPerStatement) {
      const to = Math.min(count, from + rowsPerStatement - 1);
      await knex.raw(
        `INSERT INTO ${table} (${Object.keys(row).join(', ')}) SELECT ${Object.values(row).join(', ')} FROM (${numbers(from, to)}) AS numbers`.replaceAll(
          '?',
          '\\?',
        ),
      );
    }
  };
  const at = (count: number) => `${seedEnd - yearMs} + i * ${Math.floor(yearMs / count)}`;
  const { users, tokens, events, sessions, mails, clients, apps, serviceAccounts, exchanged } = sizes;
  const [userId, tokenId, eventId] = [idOf(users), idOf(tokens), idOf(events)];

  // Of a hundred members, three are disabled, thirty have no permission, and ten have not used single sign-on for long.
  await insert('users', users, {
    id: userId('i'),
    email: "'member-' || i || '@example.com'",
    email_folded: "'member-' || i || '@example.com'",
    name: "'Member ' || i",
    name_folded: "'member ' || i",
    superuser: `i IN (1, ${Math.floor(users / 2)})`,
    disabled: 'i % 100 < 3',
    can_manage_tokens: 'i % 100 >= 33',
    sso: 'i % 100 >= 90',
    sso_signed_in_at: `CASE WHEN i % 100 >= 90 THEN ${seedEnd} - (i % 10) * 86400000 END`,
    created_at: at(users),
  });
  // Only the oldest service account is orphaned. One member maintains every tenth.
  const accountId = idOf(serviceAccounts);
  await insert('users', serviceAccounts, {
    id: accountId('i'),
    kind: "'service-account'",
    email: "'service-account:account-' || i",
    email_folded: "'service-account:account-' || i",
    name: "'account-' || i",
    name_folded: "'account-' || i",
    superuser: 'FALSE',
    disabled: 'FALSE',
    can_manage_tokens: 'TRUE',
    sso: 'FALSE',
    created_at: at(serviceAccounts),
  });
  await insert('maintainers', serviceAccounts - 1, {
    service_account_id: accountId('i + 1'),
    user_id: userId(`CASE WHEN i % 10 = 0 THEN 50 ELSE 4 + i % ${Math.floor(users / 2)} END`),
  });
  // Only the oldest third of the tokens belongs to anybody; the rest belongs to members who may use tokens.
  const anybody = `1 + (i * 7919) % ${users}`;
  const active = `1 + ((i * 7919) % ${Math.floor(users / 100)}) * 100 + 32 + i % 50`;
  await insert('tokens', tokens, {
    id: tokenId('i'),
    owner_id: userId(`CASE WHEN i < ${Math.floor(tokens / 3)} THEN ${anybody} ELSE ${active} END`),
    hash: "'hash-' || i",
    prefix: "'tok_AAAAAAAA'",
    name: `CASE WHEN i = ${Math.floor(tokens / 50)} THEN 'needle' ELSE 'deploy-pipeline-' || i END`,
    name_folded: `CASE WHEN i = ${Math.floor(tokens / 50)} THEN 'needle' ELSE 'deploy-pipeline-' || i END`,
    created_at: at(tokens),
    expires_at: `CASE WHEN i % 5 < 2 THEN NULL WHEN i < ${Math.floor(tokens / 3)} THEN ${seedEnd} - i ELSE ${seedEnd} + i END`,
    last_used_at: `CASE WHEN i % 3 = 0 THEN ${seedEnd} - i END`,
    paused_at: `CASE WHEN i % 101 = 0 THEN ${seedEnd} - i END`,
  });
  // Exchanged tokens are newer than all others, and default lists leave them out one by one.
  await insert('trusts', serviceAccounts, {
    id: accountId('i'),
    name: "'trust-' || i",
    service_account_id: accountId('i'),
    issuer: "'https://issuer-' || i || '.example.com'",
    claims: "'{}'",
    ttl_seconds: '3600',
    created_at: at(serviceAccounts),
    changed_at: at(serviceAccounts),
  });
  await insert('tokens', exchanged, {
    id: id(`${seedEnd} + i`, 'i'),
    owner_id: accountId(`1 + i % ${serviceAccounts}`),
    hash: "'exchanged-' || i",
    prefix: "'tok_AAAAAAAA'",
    name: "'trust/' || i",
    name_folded: "'trust/' || i",
    created_at: String(seedEnd),
    expires_at: String(seedEnd + 3_600_000),
    lifetime_ms: '3600000',
    trust_id: accountId(`1 + i % ${serviceAccounts}`),
  });
  // A superuser made every twentieth change. Of some events, the ID is a day ahead. One action, one failed address and one member appear only in the oldest events.
  const isOld = `i < ${Math.floor(events / 20)}`;
  const member = userId(`1 + (i * 31) % ${users}`);
  await insert('audit', events, {
    id: eventId('i'),
    at: `${at(events)} - CASE WHEN i % 9973 = 0 THEN 86400000 ELSE 0 END`,
    actor_kind: "'user'",
    actor_id: `CASE WHEN i % 20 = 0 THEN ${userId('1')} WHEN i % 997 = 0 THEN NULL ELSE ${member} END`,
    actor_email: `CASE WHEN i % 997 = 0 AND ${isOld} THEN 'guess@example.com' WHEN i % 997 <> 0 THEN 'member-' || (1 + (i * 31) % ${users}) || '@example.com' END`,
    action: `CASE WHEN i % 499 = 0 AND ${isOld} THEN 'client.deleted' WHEN i % 4 = 0 THEN 'token.created' WHEN i % 4 = 1 THEN 'token.revoked' ELSE 'session.created' END`,
    target_kind: "CASE WHEN i % 4 < 2 THEN 'token' ELSE 'session' END",
    target_id: `CASE WHEN i % 499 = 0 AND ${isOld} THEN 'rare-target' ELSE ${tokenId(`1 + i % ${tokens}`)} END`,
    target_name: "'deploy-pipeline-' || i",
    owner_id: member,
    // One address and one network are in the oldest events only. Nearly all others come from one address.
    ip: `CASE WHEN i % 499 = 0 AND ${isOld} THEN '198.51.100.7' WHEN i % 7 = 0 AND ${isOld} THEN '192.0.2.' || i % 200 WHEN i % 11 = 0 THEN NULL ELSE '203.0.113.9' END`,
    user_agent: "'tokens/1.0'",
    // The oldest events are from before positions. Of the others, the last ones wait for theirs.
    position: `CASE WHEN ${isOld} THEN NULL WHEN i > ${events - 20} THEN 0 ELSE i END`,
  });
  await insert('sessions', sessions, {
    id: idOf(sessions)('i'),
    user_id: userId(`1 + i % ${users}`),
    hash: "'session-' || i",
    created_at: at(sessions),
    last_seen_at: at(sessions),
    expires_at: `${seedEnd} + i`,
    sso: 'i % 2 = 0',
  });
  // Nearly all mails were sent. The dead letters are old.
  const isDead = `i % 101 = 0 AND i < ${Math.floor(mails / 10)}`;
  await insert('outbox', mails, {
    id: idOf(mails)('i'),
    recipient: "'member-' || i || '@example.com'",
    subject: "'A token was created'",
    text: "'Text'",
    html: "'<p>Text</p>'",
    message_id: "'<' || i || '@example.com>'",
    created_at: at(mails),
    attempts: '1',
    sent_at: `CASE WHEN ${isDead} OR i > ${mails - 20} THEN NULL ELSE ${at(mails)} END`,
    due_at: `CASE WHEN i > ${mails - 20} THEN ${at(mails)} END`,
    gave_up_at: `CASE WHEN ${isDead} THEN ${at(mails)} END`,
  });
  await insert('clients', clients, {
    id: idOf(clients)('i'),
    client_id: "'client-' || i",
    name: "'Client ' || i",
    name_folded: "'client ' || i",
    secret_hash: "'hash'",
    can_revoke: 'i % 2 = 0',
    created_at: at(clients),
  });
  await insert('apps', apps, {
    id: idOf(apps)('i'),
    name: "'app-' || i",
    preflight: "'deny'",
    created_at: at(apps),
    changed_at: at(apps),
  });
  await insert('app_hosts', apps * 2, { host: "'app-' || i || '.example.com'", app_id: idOf(apps)('1 + i / 2 % 100') });
  // A third of the tokens is restricted to the same app.
  await insert('token_apps', Math.floor(tokens / 3), { app_id: idOf(apps)('7 + i * 0'), token_id: tokenId('i') });
  // One token was denied often, long ago. Of the others, only the oldest were denied lately.
  await insert('denied_requests', Math.floor(tokens / 10), {
    token_id: tokenId(`CASE WHEN i % 2 = 0 THEN 1 ELSE 2 + i % ${Math.floor(tokens / 50)} END`),
    at: `CASE WHEN i % 2 = 0 THEN ${at(tokens)} ELSE ${seedEnd} - i END`,
    id: id(`${seedEnd} + i`, 'i'),
    reason: "'path'",
    method: "'GET'",
    path: "'/denied/' || i",
    ip: "'203.0.113.9'",
    user_agent: "'curl/8'",
  });
  await seedEndedTokens(insert, sizes, { idOf, userId, accountId });
  // So many rows that PostgreSQL does not prefer to read all of them.
  await insert('usage_hours', Math.max(tokens, 100_000), {
    token_id: tokenId(`1 + i % ${tokens}`),
    hour: `${Math.floor(seedEnd / 3_600_000)} - i / ${tokens}`,
    outcome: "'allowed'",
    uses: '1',
  });
  await insert('organization_days', 400, {
    day: `${Math.floor(seedEnd / 86_400_000)} - i`,
    allowed: 'i',
    denied: '1',
  });
  await insert('webhooks', 100, {
    id: idOf(100)('i'),
    url: "'https://hooks.example.com/' || i",
    events: "'token.*'",
    format: "'standard'",
    disabled: 'i % 10 = 0',
    created_at: at(100),
    changed_at: at(100),
    secret: "'whsec_'",
    failures: '0',
  });
  // Half of the events went to one webhook. A few of the oldest failed, and the newest are pending.
  await insert('webhook_deliveries', events, {
    webhook_id: idOf(100)('CASE WHEN i % 2 = 0 THEN 7 ELSE 1 + i % 100 END'),
    id: eventId('i'),
    event: "'token.created'",
    at: at(events),
    status: `CASE WHEN i > ${events - 20} THEN 'pending' WHEN i % 99 = 0 AND ${isOld} THEN 'failed' ELSE 'delivered' END`,
    attempts: '1',
    give_up_at: at(events),
    due_at: `CASE WHEN i > ${events - 20} THEN ${at(events)} END`,
    delivered_at: at(events),
  });
  for (const { sql } of definitions) await knex.raw(sql);
}

/** Returns the ID that `seedLists` gave to a member, a token or an event. */
export function seededId(position: number, count: number): string {
  const time = (seedEnd - yearMs + position * Math.floor(yearMs / count)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${position.toString(16).padStart(12, '0')}`;
}
