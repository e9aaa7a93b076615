import { randomInt } from 'node:crypto';
import createKnex from 'knex';
import { displayPrefix, generateToken, hashSecret } from './server/modules.mjs';

const maxPresented = 50_000;
const maxEvents = 2_000_000;
const rowsPerStatement = 250_000;
const yearMs = 365 * 24 * 60 * 60 * 1000;

/** The app that proxies ask about, by its name or its host. */
export const app = { name: 'bench', host: 'app.example.com' };

/** Reports whether a presented token has rules, by its position among them. */
export const hasRules = (i) => i % 10 < 2;

const rules = {
  apps: ['bench-app'],
  allow: ['GET,HEAD /builds/*', 'POST /builds', 'GET /api/v1/**', 'PUT /artifacts/*/files/**', 'GET /status'],
  networks: ['203.0.113.0/24'],
};

/**
 * How each engine writes a series of numbers, a random text, and an ID with a time, reads rows from JSON, and lists the indexes that can be dropped. The
 * statements before and after make filling faster, and leave the database as a daemon expects it.
 */
const dialects = {
  sqlite: {
    numbers: (from, to) =>
      `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to}) SELECT i FROM n`,
    random: 'lower(hex(randomblob(32)))',
    id: (time, i) => `printf('%08x-%04x-7000-8000-%012x', (${time}) >> 16, (${time}) & 65535, ${i})`,
    rows: (columns) =>
      `SELECT ${columns.map((column) => `value ->> '${column}' AS ${column}`).join(', ')} FROM json_each(?)`,
    indexes: "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
    before: ['journal_mode = OFF', 'synchronous = OFF', 'cache_size = -500000', 'threads = 2'].map(
      (pragma) => `PRAGMA ${pragma}`,
    ),
    after: ['PRAGMA journal_mode = WAL'],
    open: (url) => ({
      client: 'sqlite3',
      connection: { filename: url.slice('sqlite:'.length) },
      useNullAsDefault: true,
    }),
    list: (result) => result,
  },
  postgres: {
    numbers: (from, to) => `SELECT i FROM generate_series(${from}::bigint, ${to}::bigint) AS s (i)`,
    random: "encode(sha256((random()::text || i)::bytea), 'hex')",
    id: (time, i) =>
      `regexp_replace(lpad(to_hex((${time})::bigint), 12, '0'), '^(.{8})', '\\1-') || '-7000-8000-' || lpad(to_hex((${i})::bigint), 12, '0')`,
    rows: (columns) =>
      `SELECT * FROM json_to_recordset(?) AS r (${columns.map((column) => `${column} text`).join(', ')})`,
    indexes:
      "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = 'public' AND indexdef NOT LIKE 'CREATE UNIQUE%'",
    // Without triggers, no foreign key is checked.
    before: ['session_replication_role = replica', 'synchronous_commit = off', "maintenance_work_mem = '512MB'"].map(
      (setting) => `SET ${setting}`,
    ),
    after: ['VACUUM ANALYZE', 'CHECKPOINT'],
    open: (url) => ({ client: 'pg', connection: url }),
    list: ({ rows }) => rows,
  },
};

/**
 * Fills a migrated, empty database with this many tokens, a tenth as many owners, up to two million audit events, and an app. Returns the values of up to
 * 50,000 tokens, in random order. Their rows are spread over the whole table, and their hashes over the whole index. Two of ten have rules.
 */
export async function seed(url, kind, tokens) {
  const { id, indexes, before, after, open, list, ...dialect } = dialects[kind];
  const knex = createKnex({ ...open(url), pool: { min: 1, max: 1 } });
  for (const sql of before) await knex.raw(sql);
  // Filling a table is several times as fast without indexes, and they are as good if they are created afterwards.
  const definitions = list(await knex.raw(indexes));
  for (const { name } of definitions) await knex.raw(`DROP INDEX ${name}`);
  const now = Date.now();
  const insert = async (table, count, row) => {
    for (let from = 1; from <= count; from += rowsPerStatement) {
      const numbers = dialect.numbers(from, Math.min(count, from + rowsPerStatement - 1));
      const sql = `INSERT INTO ${table} (${Object.keys(row)}) SELECT ${Object.values(row)} FROM (${numbers}) AS numbers`;
      await knex.raw(sql.replaceAll('?', '\\?'));
    }
  };
  const stepOf = (count) => Math.max(1, Math.floor(yearMs / count));
  const timeOf = (count) => (i) => `${now - yearMs} + (${i}) * ${stepOf(count)}`;
  const idOf = (count) => (i) => id(timeOf(count)(i), i);
  const owners = Math.ceil(tokens / 10);
  const events = Math.min(2 * tokens, maxEvents);
  const ownerOf = (i) => idOf(owners)(`1 + (${i}) * 7919 % ${owners}`);
  await insert('users', owners, {
    id: idOf(owners)('i'),
    email: "'owner-' || i || '@example.com'",
    email_folded: "'owner-' || i || '@example.com'",
    name: "'Owner ' || i",
    name_folded: "'owner ' || i",
    ...{ superuser: 'FALSE', disabled: 'FALSE', can_manage_tokens: 'TRUE', sso: 'FALSE' },
    created_at: timeOf(owners)('i'),
  });
  await insert('tokens', tokens, {
    id: idOf(tokens)('i'),
    owner_id: ownerOf('i'),
    hash: `substr(${dialect.random}, 1, ${hashSecret('').length})`,
    prefix: "'tok_AAAAAAAA'",
    name: "'ci-pipeline-' || i",
    name_folded: "'ci-pipeline-' || i",
    created_at: timeOf(tokens)('i'),
  });
  await insert('audit', events, {
    id: idOf(events)('i'),
    at: timeOf(events)('i'),
    actor_kind: "'user'",
    actor_id: ownerOf('i'),
    actor_email: `'owner-' || (1 + i * 7919 % ${owners}) || '@example.com'`,
    action: "CASE WHEN i % 2 = 0 THEN 'token.created' ELSE 'session.created' END",
    target_kind: "CASE WHEN i % 2 = 0 THEN 'token' ELSE 'session' END",
    target_id: idOf(tokens)(`1 + i % ${tokens}`),
    target_name: "'ci-pipeline-' || i",
    owner_id: ownerOf('i'),
    ip: "'203.0.113.9'",
    user_agent: "'tokens/1.0'",
    position: 'i',
  });
  await knex('job_positions').where({ job: 'audit-order' }).del();
  await knex('job_positions').insert({ job: 'audit-order', at: events, id: '' });
  await knex('apps').insert({ id: 'bench-app', name: app.name, preflight: 'deny', created_at: now, changed_at: now });
  await knex('app_hosts').insert({ host: app.host, app_id: 'bench-app' });
  const presented = presentedTokens(tokens, (position) => {
    const time = (now - yearMs + position * stepOf(tokens)).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${position.toString(16).padStart(12, '0')}`;
  });
  const columns = ['hash', 'prefix', 'rules'];
  await knex.raw(
    `UPDATE tokens SET ${columns.map((column) => `${column} = r.${column}`)} FROM (${dialect.rows(['id', ...columns])}) AS r WHERE tokens.id = r.id`,
    [JSON.stringify(presented.rows)],
  );
  for (const { sql } of definitions) await knex.raw(sql.replaceAll('?', '\\?'));
  for (const sql of after) await knex.raw(sql);
  await knex.destroy();
  return presented.values;
}

/** Draws tokens at random. Returns their new values, and what to store of them. */
function presentedTokens(tokens, idOf) {
  const positions = new Set();
  while (positions.size < Math.min(maxPresented, tokens)) positions.add(1 + randomInt(tokens));
  const values = [];
  const rows = [...positions].map((position, i) => {
    const secret = generateToken('tok');
    const value = secret.reveal();
    values.push(value);
    return {
      ...{ id: idOf(position), hash: secret.hash(), prefix: displayPrefix(value) },
      rules: hasRules(i) ? JSON.stringify(rules) : null,
    };
  });
  return { values, rows };
}
