import { randomUUID } from 'node:crypto';
import { generateToken } from '../../dist/server/domain/secrets.js';
import { displayPrefix } from '../../dist/shared/token-format.js';

const presented = 2_000;
const ownersOf = (tokens) => Math.max(1, Math.ceil(tokens / 1_000));

/** SQL that makes `count` rows of the given columns out of numbers from 1, on each engine. */
const numbered = {
  sqlite: (count) =>
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i FROM n`,
  postgres: (count) => `SELECT i FROM generate_series(1, ${count}) AS s (i)`,
};
const someHash = {
  sqlite: 'lower(hex(randomblob(32)))',
  postgres: 'md5(random()::text || i) || md5(random()::text || i)',
};

/**
 * Fills a migrated, empty database with this many tokens of members with the permission. Most are rows that nobody can
 * present; answers the values of 2,000 that are as the product makes them.
 */
export async function seed(engine, kind, tokens) {
  const { knex } = engine;
  const owners = ownersOf(tokens);
  const on = kind === 'sqlite' ? ['1', '0'] : ['true', 'false'];
  await knex.raw(`INSERT INTO users (id, email, email_folded, name, name_folded, superuser, disabled, can_manage_tokens, sso, created_at)
    SELECT 'owner-' || i, 'owner-' || i || '@example.com', 'owner-' || i || '@example.com', 'Owner', 'owner', ${on[1]}, ${on[1]}, ${on[0]}, ${on[1]}, 0
    FROM (${numbered[kind](owners)}) AS numbers`);
  const step = 100_000;
  for (let done = 0; done < tokens - presented; done += step) {
    const count = Math.min(step, tokens - presented - done);
    await knex.raw(`INSERT INTO tokens (id, owner_id, hash, prefix, name, name_folded, created_at)
      SELECT 'token-' || (i + ${done}), 'owner-' || (1 + (i + ${done}) % ${owners}), ${someHash[kind]}, 'tok_AAAAAAAA',
        'ci-pipeline-' || (i + ${done}), 'ci-pipeline-' || (i + ${done}), 0
      FROM (${numbered[kind](count)}) AS numbers`);
  }
  const values = [];
  const rows = [];
  for (let i = 0; i < Math.min(presented, tokens); i += 1) {
    const secret = generateToken('tok');
    const name = `presented-${i}`;
    values.push(secret.reveal());
    rows.push({
      ...{ id: randomUUID(), owner_id: `owner-${1 + (i % owners)}`, hash: secret.hash() },
      ...{ prefix: displayPrefix(secret.reveal()), name, name_folded: name, created_at: 0 },
    });
  }
  await knex.batchInsert('tokens', rows, 200);
  if (kind === 'postgres') await knex.raw('VACUUM ANALYZE');
  return values;
}
