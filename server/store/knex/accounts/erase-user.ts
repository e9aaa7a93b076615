import type { Knex } from 'knex';
import { foldName } from '../../../../shared/names.ts';
import { pseudonymOf } from '../../../pseudonym.ts';
import type { FieldChange } from '../../records.ts';
import { lastUseColumns } from '../../tables/tokens.ts';
import { updateUnlessLast } from './superusers.ts';
import type { UserRow } from './user-rows.ts';

/** Rows that belong to one member only. */
const ownRows = [
  ['sessions', 'user_id'],
  ['tickets', 'user_id'],
  ['device_codes', 'user_id'],
  ['recovery_codes', 'user_id'],
  ['passkeys', 'user_id'],
  ['idempotency_keys', 'user_id'],
  ['outbox', 'link_user_id'],
  ['daily_mails', 'user_id'],
  ['mail_windows', 'user_id'],
  ['collected_events', 'user_id'],
  ['maintainers', 'user_id'],
  ['ended_denied_requests', 'owner_id'],
] as const;

type Address = Pick<UserRow, 'email' | 'email_folded'>;

/** Erases a member in a transaction, unless no enabled superuser would remain. Returns false if there is no such member. */
export async function eraseUser(knex: Knex, id: string, at: number): Promise<boolean | 'last-superuser'> {
  const member = knex<UserRow>('users').where({ id, kind: 'member' }).whereNull('deleted_at');
  const address = await member.clone().first('email', 'email_folded');
  if (address === undefined) return false;
  const erased = await updateUnlessLast(knex, id, member, erasedRow(id, at));
  if (erased === true) await forget(knex, id, address);
  return erased;
}

/** Erases a member whom another database of the same organization has erased. */
export async function repeatErasure(knex: Knex, id: string, at: number): Promise<void> {
  const member = knex<UserRow>('users').where({ id });
  const address = await member.clone().first('email', 'email_folded');
  if (address === undefined) return;
  await member.update(erasedRow(id, at));
  await forget(knex, id, address);
}

/** Returns the row of an erased member. Lists every column but the ID, to which tombstones refer, and the time of creation. */
function erasedRow(id: string, at: number): Omit<UserRow, 'id' | 'created_at'> {
  const pseudonym = pseudonymOf(id);
  return {
    kind: 'member',
    description: null,
    email: pseudonym,
    email_folded: pseudonym,
    name: '',
    name_folded: '',
    superuser: false,
    auditor: false,
    disabled: true,
    can_manage_tokens: false,
    password_hash: null,
    password_until_sso: false,
    sso: false,
    oidc_issuer: null,
    oidc_subject: null,
    sso_signed_in_at: null,
    totp_secret: null,
    sso_groups: null,
    manual_groups: null,
    totp_enabled_at: null,
    totp_last_step: null,
    invited_at: null,
    joined_at: null,
    disabled_at: null,
    passkeys: 0,
    deleted_at: at,
  };
}

/** Deletes what belongs to the member, and puts the pseudonym in place of their address everywhere else. */
async function forget(knex: Knex, id: string, address: Address): Promise<void> {
  const { email, email_folded: folded } = address;
  const pseudonym = pseudonymOf(id);
  for (const [table, column] of ownRows) await knex(table).where(column, id).delete();
  await knex('outbox').where('recipient', email).delete();
  const events = () => knex('audit');
  // Dead letters to an earlier address, unless that is another member's by now. Pending ones are purged soon.
  const taken = knex('users').select('email');
  await knex('outbox')
    .whereNotNull('gave_up_at')
    .whereIn('recipient', earlierAddresses(knex, id))
    .whereNotIn('recipient', taken)
    .delete();
  // Do this before the events lose the earlier addresses.
  await forgetMaintainer(knex, await addressesOf(knex, id, address), pseudonym);
  await knex('tombstones').where('actor_id', id).update('actor_email', pseudonym);
  await forgetLastUses(knex, id);
  await knex('tokens').where('paused_by_id', id).update('paused_by_email', pseudonym);
  await events().where('actor_id', id).update('actor_email', pseudonym);
  await events().where('target_id', id).update('target_name', pseudonym);
  await events().where({ owner_id: id, target_kind: 'mail' }).update('target_name', pseudonym);
  // Events of superusers who ended sessions of the member.
  const sessions = events().where({ owner_id: id, target_kind: 'session' });
  await sessions.whereNotNull('target_name').update('target_name', pseudonym);
  await forgetTransfers(knex, id, pseudonym);
  // Failed sign-ins, also with an earlier address, and those from before the member was added.
  await events().where({ owner_id: id, actor_kind: 'anonymous' }).update('actor_email', pseudonym);
  await events().where({ actor_email: folded, actor_kind: 'anonymous' }).update('actor_email', pseudonym);
}

/** Forgets where the tokens of a member were used from. Their names stay. */
async function forgetLastUses(knex: Knex, id: string): Promise<void> {
  const columns = Object.values(lastUseColumns).map(({ name }) => [name, null]);
  await knex('tombstones').where('owner_id', id).update(Object.fromEntries(columns));
}

/** Selects the addresses of a member in events. Each address that they had is the name of the target of an event. */
function earlierAddresses(knex: Knex, id: string): Knex.QueryBuilder {
  return knex('audit').where({ target_id: id, target_kind: 'user' }).whereNotNull('target_name').select('target_name');
}

/** Returns the addresses that are or were the member's, without those that another member has by now. */
export async function addressesOf(knex: Knex, id: string, { email, email_folded: folded }: Address): Promise<string[]> {
  const earlier: ReadonlyArray<{ target_name: string }> = await earlierAddresses(knex, id);
  const names = earlier.map(({ target_name: name }) => name).filter((name) => name !== pseudonymOf(id));
  return withoutTaken(knex, id, [...new Set([email, folded, ...names])]);
}

/** Returns those of the addresses that no other member has. */
export async function withoutTaken(knex: Knex, id: string, addresses: readonly string[]): Promise<string[]> {
  const taken: string[] = await knex('users')
    .whereIn('email_folded', addresses.map(foldName))
    .whereNot({ id })
    .pluck('email_folded');
  return addresses.filter((address) => !taken.includes(foldName(address)));
}

/** Puts the pseudonym in place of the address that the member had when a token of theirs was transferred. */
async function forgetTransfers(knex: Knex, id: string, pseudonym: string): Promise<void> {
  const transfers = knex('audit').where({ owner_id: id, action: 'token.transferred' });
  await rewriteChanges(knex, transfers, (change) =>
    change.field === 'owner' ? { ...change, from: pseudonym } : change,
  );
}

/** Puts the pseudonym in place of the addresses in what events say about the maintainers of service accounts. */
async function forgetMaintainer(knex: Knex, addresses: readonly string[], pseudonym: string): Promise<void> {
  if (addresses.length === 0) return;
  const folded = addresses.map(foldName);
  const withPseudonym = (email: string) => (folded.includes(foldName(email)) ? pseudonym : email);
  const replaced = (emails: FieldChange['from']) =>
    typeof emails === 'string' ? emails.split('\n').map(withPseudonym).join('\n') : emails;
  const accounts = knex('audit')
    .whereIn('action', ['service_account.created', 'service_account.changed'])
    .where('changes', 'like', '%"maintainers"%')
    // The index leads to all events about service accounts. Parsing each of them would block the event loop. A character of
    // the address that LIKE treats as a wildcard only lets more events through.
    .where((event) => {
      for (const address of addresses) event.orWhere('changes', 'like', `%${address}%`);
      for (const address of folded) event.orWhereRaw('lower(changes) LIKE ?', `%${address}%`);
    });
  await rewriteChanges(knex, accounts, (change) =>
    change.field === 'maintainers' ? { ...change, from: replaced(change.from), to: replaced(change.to) } : change,
  );
}

/** Rewrites the changes in those of these events that hold something to rewrite. */
async function rewriteChanges(
  knex: Knex,
  events: Knex.QueryBuilder,
  rewrite: (change: FieldChange) => FieldChange,
): Promise<void> {
  const found: Array<{ id: string; changes: string }> = await events.whereNotNull('changes').select('id', 'changes');
  for (const { id, changes } of found) {
    const rewritten = JSON.stringify((JSON.parse(changes) as FieldChange[]).map(rewrite));
    if (rewritten !== changes) await knex('audit').where({ id }).update({ changes: rewritten });
  }
}
