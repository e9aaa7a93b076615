import type { Knex } from 'knex';
import type { Engine, Row } from '../../../engine/engine.ts';
import { changedSince, type Members } from '../known-members.ts';

/** Columns that change together, and the events that record it. */
interface Credential {
  columns: readonly string[];
  actions: readonly string[];
}

const password: Credential = {
  columns: ['password_hash', 'password_until_sso', 'joined_at'],
  actions: ['user.created', 'user.joined', 'user.password_changed', 'user.password_reset', 'user.recovered'],
};
const totp: Credential = {
  columns: ['totp_secret', 'totp_enabled_at', 'totp_last_step'],
  actions: [
    'user.totp_enabled',
    'user.totp_disabled',
    'user.recovery_code_used',
    'user.recovery_codes_replaced',
    'user.recovered',
  ],
};
/** A removed passkey, perhaps of a stolen device, must not work again. */
const passkeyActions = ['passkey.added', 'passkey.removed', 'user.recovered'];
/** A member who is no longer bound could be matched to another person by email address at the next single sign-on. */
const identity: Credential = {
  columns: ['sso', 'oidc_issuer', 'oidc_subject', 'joined_at'],
  actions: ['user.sso_bound', 'user.sso_connected', 'user.sso_unbound', 'sso.issuer_moved'],
};

/**
 * Keeps current credentials. A password that was changed, perhaps after a leak, must not work again. If the history is
 * incomplete, the newer one of each member's credentials wins: that of the backup, or that of the replaced database.
 */
export async function carryCredentials(engine: Engine, members: Members, complete: boolean): Promise<void> {
  const chosen = async (credential: Credential): Promise<Members> =>
    complete ? members : changedSince(engine.knex, members, credential.actions);
  const holders = complete ? members : await changedSince(engine.knex, members, passkeyActions);
  const [passwords, secrets, identities] = [await chosen(password), await chosen(totp), await chosen(identity)];
  await engine.knex.transaction(async (trx) => {
    await update(trx, passwords, password.columns);
    await update(trx, secrets, totp.columns);
    for (const [id, { recoveryCodes }] of secrets) {
      if (recoveryCodes === null) continue;
      await trx('recovery_codes').where({ user_id: id }).delete();
      for (const code of recoveryCodes) await trx('recovery_codes').insert(code);
    }
    await carryPasskeys(trx, holders);
    await carryIdentities(trx, identities);
  });
}

async function update(trx: Knex.Transaction, members: Members, columns: readonly string[]): Promise<void> {
  for (const [id, { row }] of members) {
    const known = pick(row, columns);
    if (Object.keys(known).length > 0) await trx('users').where({ id }).update(known);
  }
}

/** Replaces the passkeys of these members. A database of an earlier release knows nothing about passkeys. */
async function carryPasskeys(trx: Knex.Transaction, members: Members): Promise<void> {
  const known = [...members].filter(([, { passkeys }]) => passkeys !== null);
  for (const [id] of known) await trx('passkeys').where({ user_id: id }).delete();
  for (const [id, { passkeys }] of known) {
    for (const passkey of passkeys ?? []) await trx('passkeys').insert(passkey).onConflict().ignore();
    await trx('users')
      .where({ id })
      .update({ passkeys: trx('passkeys').where({ user_id: id }).count('*') });
  }
}

async function carryIdentities(trx: Knex.Transaction, members: Members): Promise<void> {
  const known = [...members].filter(([, { row }]) => row.oidc_issuer !== undefined);
  // Clear the identities first: one may belong to another member now.
  for (const [id] of known) await trx('users').where({ id }).update({ oidc_issuer: null, oidc_subject: null });
  for (const [id, { row }] of known) {
    const { oidc_issuer, oidc_subject } = row;
    const isTaken =
      oidc_issuer !== null && (await trx('users').where({ oidc_issuer, oidc_subject }).first('id')) !== undefined;
    if (!isTaken) await trx('users').where({ id }).update(pick(row, identity.columns));
  }
}

/** Returns these columns of a row. A database of an earlier release may lack some of them. */
function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.flatMap((column) => (row[column] === undefined ? [] : [[column, row[column]]])));
}
