import { randomUUID } from 'node:crypto';
import createKnex from 'knex';
import { generateToken } from '../../dist/server/domain/secrets.js';
import { displayPrefix } from '../../dist/shared/token-format.js';

const maxPresented = 2_000;
const rowsPerStatement = 100_000;

/** How each engine writes a series of numbers, a random hash, an ID and booleans in SQL, and how to connect to it. */
const dialects = {
  sqlite: {
    numbers: (count) =>
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i FROM n`,
    hash: 'lower(hex(randomblob(32)))',
    id: (i) => `printf('00000000-0000-7000-8000-%012x', ${i})`,
    yes: '1',
    no: '0',
    open: (url) => ({
      client: 'sqlite3',
      connection: { filename: url.slice('sqlite:'.length) },
      useNullAsDefault: true,
    }),
  },
  postgres: {
    numbers: (count) => `SELECT i FROM generate_series(1, ${count}) AS s (i)`,
    hash: 'md5(random()::text || i) || md5(random()::text || i)',
    id: (i) => `'00000000-0000-7000-8000-' || lpad(to_hex((${i})::bigint), 12, '0')`,
    yes: 'true',
    no: 'false',
    open: (url) => ({ client: 'pg', connection: url }),
  },
};

const rules = {
  apps: ['bench-app'],
  allow: ['GET,HEAD /builds/*', 'POST /builds', 'GET /api/v1/**', 'PUT /artifacts/*/files/**', 'GET /status'],
  networks: ['203.0.113.0/24', '2001:db8::/32'],
};

/** Registers an app with this host, and gives rules to the tokens whose values are known. */
export async function addRules(url, kind, host) {
  const knex = createKnex(dialects[kind].open(url));
  await knex('apps').insert({ id: 'bench-app', name: 'bench', preflight: 'deny', created_at: 0, changed_at: 0 });
  await knex('app_hosts').insert({ host, app_id: 'bench-app' });
  // As every change of apps does. Otherwise, a daemon that runs goes on with the apps in its memory.
  await knex('app_version').update({ version: randomUUID() });
  await knex('tokens')
    .where('name', 'like', 'presented-%')
    .update({ rules: JSON.stringify(rules) });
  await knex.destroy();
}

/**
 * Fills a migrated, empty database with `tokens` tokens, whose owners have the permission. Returns the values of up to
 * 2,000 of them. The others have random hashes that match no value.
 */
export async function seed(url, kind, tokens) {
  const { numbers, hash, id, yes, no, open } = dialects[kind];
  const knex = createKnex(open(url));
  const owners = Math.ceil(tokens / 1_000);
  await knex.raw(`INSERT INTO users (id, email, email_folded, name, name_folded, superuser, disabled, can_manage_tokens, sso, created_at)
    SELECT ${id('i')}, 'owner-' || i || '@example.com', 'owner-' || i || '@example.com', 'Owner', 'owner', ${no}, ${no}, ${yes}, ${no}, 0
    FROM (${numbers(owners)}) AS numbers`);
  for (let done = 0; done < tokens - maxPresented; done += rowsPerStatement) {
    const count = Math.min(rowsPerStatement, tokens - maxPresented - done);
    await knex.raw(`INSERT INTO tokens (id, owner_id, hash, prefix, name, name_folded, created_at)
      SELECT ${id(`i + ${done}`)}, ${id(`1 + (i + ${done}) % ${owners}`)}, ${hash}, 'tok_AAAAAAAA',
        'ci-pipeline-' || (i + ${done}), 'ci-pipeline-' || (i + ${done}), 0
      FROM (${numbers(count)}) AS numbers`);
  }
  const values = [];
  const rows = Array.from({ length: Math.min(maxPresented, tokens) }, (_, i) => {
    const secret = generateToken('tok');
    const name = `presented-${i}`;
    values.push(secret.reveal());
    return {
      id: randomUUID(),
      owner_id: `00000000-0000-7000-8000-${(1 + (i % owners)).toString(16).padStart(12, '0')}`,
      hash: secret.hash(),
      prefix: displayPrefix(secret.reveal()),
      name,
      name_folded: name,
      created_at: 0,
    };
  });
  await knex.batchInsert('tokens', rows, 200);
  if (kind === 'postgres') await knex.raw('VACUUM ANALYZE');
  await knex.destroy();
  return values;
}
