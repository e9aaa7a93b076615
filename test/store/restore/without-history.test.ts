import { rm } from 'node:fs/promises';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds } from '../../../server/domain/secrets.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { restore } from '../../../server/store/maintenance/restore/restore.ts';
import { type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';

let app: TestApp;
let ada: Member;
let ci: string;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com' });
  ci = (await createServiceAccount(app, 'ci')).id;
});
afterEach(() => app.close());

const ids = createIds(systemClock);

type Step = (knex: Knex) => Promise<unknown>;

/** Reads or writes rows of the database, as a daemon does. */
async function rows<T>(work: (knex: Knex) => Promise<T>): Promise<T> {
  const engine = await openSqlite(`sqlite:${app.path}`);
  try {
    return await work(engine.knex);
  } finally {
    await engine.close();
  }
}

async function restoreFrom(file: string, withoutHistory = false) {
  const event = { id: ids(), at: systemClock.now() };
  return restore({ databasePath: app.path, file, event, withoutHistory });
}

const audited = (knex: Knex, kind: string, id: string, action: string, at = 1) =>
  knex('audit').insert({ id: ids(), at, action, actor_kind: 'system', target_kind: kind, target_id: id });

/**
 * Makes a backup after `before`. Then another database takes the place of the one that it was made from, which is lost. That other database
 * is from before `before`, and `since` is what happened in it. With `later`, a third one was restored over it, in which that happened. Restores
 * the backup, although nobody knows what happened after it was made.
 */
async function restoredWithoutHistory(before: Step, since: Step, later?: Step): Promise<void> {
  const [older, file] = [`${app.path}.older`, `${app.path}.backup`];
  await backUp(app.path, older);
  await rows(before);
  await rows((knex) => audited(knex, 'app', 'unrelated', 'app.created'));
  await backUp(app.path, file);
  await app.store.close();
  const lost = await restoreFrom(older);
  await rm(lost.setAside ?? '');
  await rows(since);
  if (later !== undefined) {
    await restoreFrom(older);
    await rows(later);
  }
  expect((await restoreFrom(file, true)).gap).not.toBeNull();
  for (const backup of [older, file]) await rm(backup);
}

const setMaintainers = async (knex: Knex, members: readonly Member[]) => {
  await knex('maintainers').delete();
  for (const { id } of members) await knex('maintainers').insert({ service_account_id: ci, user_id: id });
};

const webhook = (id: string, changedAt: number, secret = 'backup') => ({
  ...{ id, url: `https://${id}.example.com/`, events: '*', format: 'json', disabled: false, secret, failures: 0 },
  ...{ created_at: 1, changed_at: changedAt },
});

const client = (id: string, secret = 'backup') => ({
  ...{ id, client_id: `client_${id}`, name: id, name_folded: id, secret_hash: secret, can_revoke: true, created_at: 1 },
});

const trust = (id: string, changedAt: number, changes: object = {}) => ({
  ...{ id, name: id, service_account_id: ci, issuer: 'https://ci.example.com', claims: '{"sub":"backup"}' },
  ...{ ttl_seconds: 60, created_at: 1, changed_at: changedAt, ...changes },
});

const pin = (trustId: string, pinnedId: string) => ({
  ...{ trust_id: trustId, kind: 'owner', name: 'acme', pinned_id: pinnedId },
});

describe('a backup that is restored without history', () => {
  it('gives service accounts only the maintainers whom every database lists', async () => {
    await restoredWithoutHistory(
      (knex) => setMaintainers(knex, [ada, app.dev]),
      (knex) => setMaintainers(knex, [app.dev, app.root]),
    );
    expect(await rows((knex) => knex('maintainers').pluck('user_id'))).toEqual([app.dev.id]);
  });

  it('gives a service account no maintainer whom one of several databases does not list', async () => {
    await restoredWithoutHistory(
      (knex) => setMaintainers(knex, [ada, app.dev]),
      (knex) => setMaintainers(knex, [app.dev, app.root]),
      (knex) => setMaintainers(knex, [ada, app.root]),
    );
    expect(await rows((knex) => knex('maintainers').pluck('user_id'))).toEqual([]);
  });

  it('deletes webhooks that a database at hand shows as deleted, and gives the others the state that was changed last', async () => {
    await restoredWithoutHistory(
      (knex) => knex('webhooks').insert(['deleted', 'later', 'earlier', 'unknown'].map((id) => webhook(id, 10))),
      async (knex) => {
        await audited(knex, 'webhook', 'deleted', 'webhook.deleted');
        await knex('webhooks').insert([webhook('later', 20, 'at hand'), webhook('earlier', 5, 'at hand')]);
      },
    );
    expect(await rows((knex) => knex('webhooks').orderBy('id').select('id', 'secret'))).toEqual([
      { id: 'earlier', secret: 'backup' },
      { id: 'later', secret: 'at hand' },
      { id: 'unknown', secret: 'backup' },
    ]);
  });

  it('deletes clients that a database at hand shows as deleted, and takes over secrets that are known to be later', async () => {
    await restoredWithoutHistory(
      (knex) => knex('clients').insert(['deleted', 'later', 'same', 'unknown'].map((id) => client(id))),
      async (knex) => {
        await audited(knex, 'client', 'deleted', 'client.deleted');
        await knex('clients').insert([client('later', 'at hand'), client('same', 'at hand')]);
        await audited(knex, 'client', 'later', 'client.secret_rotated', 20);
      },
    );
    expect(await rows((knex) => knex('clients').orderBy('id').select('id', 'secret_hash'))).toEqual([
      { id: 'later', secret_hash: 'at hand' },
      { id: 'same', secret_hash: 'backup' },
      { id: 'unknown', secret_hash: 'backup' },
    ]);
  });

  it('deletes trusts that a database at hand shows as deleted, or gives to an account that the backup lacks', async () => {
    const claims = '{"sub":"at hand"}';
    await restoredWithoutHistory(
      (knex) => knex('trusts').insert(['deleted', 'given', 'later', 'earlier', 'unknown'].map((id) => trust(id, 10))),
      async (knex) => {
        await audited(knex, 'trust', 'deleted', 'trust.deleted');
        const [account] = await knex('users').where({ id: ci });
        const added = { id: 'added', email: 'service-account:added', email_folded: 'service-account:added' };
        await knex('users').insert({ ...account, ...added });
        await knex('trusts').insert([
          trust('given', 20, { service_account_id: 'added' }),
          trust('later', 20, { claims }),
          trust('earlier', 5, { claims }),
        ]);
      },
    );
    expect(await rows((knex) => knex('trusts').orderBy('id').select('id', 'claims'))).toEqual([
      { id: 'earlier', claims: trust('', 0).claims },
      { id: 'later', claims },
      { id: 'unknown', claims: trust('', 0).claims },
    ]);
  });

  it('remembers repositories and subject tokens that a database at hand knows, except those of another issuer', async () => {
    const later = systemClock.now() + 60_000;
    await restoredWithoutHistory(
      async (knex) => {
        await knex('trusts').insert([trust('same', 10), trust('pinned', 10), trust('moved', 10)]);
        await knex('trust_pins').insert(pin('pinned', 'backup'));
      },
      async (knex) => {
        const moved = { issuer: 'https://old.example.com' };
        await knex('trusts').insert([trust('same', 10), trust('pinned', 10), trust('moved', 5, moved)]);
        await knex('trust_pins').insert(['same', 'pinned', 'moved'].map((id) => pin(id, 'at hand')));
        await knex('used_subject_tokens').insert([
          { hash: 'used', expires_at: later },
          { hash: 'expired', expires_at: 1 },
        ]);
      },
    );
    expect(await rows((knex) => knex('trust_pins').orderBy('trust_id').select('trust_id', 'pinned_id'))).toEqual([
      { trust_id: 'pinned', pinned_id: 'backup' },
      { trust_id: 'same', pinned_id: 'at hand' },
    ]);
    expect(await rows((knex) => knex('used_subject_tokens').pluck('hash'))).toEqual(['used']);
  });
});
