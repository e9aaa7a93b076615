import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds, hashSecret } from '../../../server/domain/secrets.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import { type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

let app: TestApp;
let ada: Member;
beforeEach(async () => {
  app = await openTestApp();
  ada = await app.addMember({ email: 'ada@example.com' });
});
afterEach(() => app.close());

const ids = createIds(systemClock);
const first = { limit: 9, before: null };

/**
 * Creates a backup, runs `since`, restores the backup, and returns what the restored database contains. With `unknown`, the database that
 * knows what happened since is gone.
 */
async function restored(since: () => Promise<unknown>, { unknown = false } = {}) {
  const file = `${app.path}.backup`;
  await backUp(app.path, file);
  await since();
  await app.store.close();
  if (unknown) await rm(app.path);
  const event = { id: ids(), at: systemClock.now() };
  const report = await restore({ databasePath: app.path, file, event, withoutHistory: unknown });
  const store = await openStore(`sqlite:${app.path}`);
  const accounts = await store.serviceAccounts.list(first);
  await rm(file);
  return { ...report, accounts, store };
}

const change = (id: string, json: object) =>
  app.ask(`/api/v1/service-accounts/${id}`, { method: 'PATCH', as: app.root, json });
const remove = (id: string) => app.ask(`/api/v1/service-accounts/${id}`, { method: 'DELETE', as: app.root });

describe('a restored backup', () => {
  it('brings no service account back that was deleted since, and none of its tokens', async () => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada] });
    const token = await createAccountToken(app, ada, 'ci', { name: 'deploy' });
    const { accounts, store, deletedSince } = await restored(async () => {
      await remove(id);
      // Another one of the same name inherits nothing, in either database.
      await createServiceAccount(app, 'ci');
    });
    expect(accounts).toEqual([]);
    expect(deletedSince).toEqual(['service-account:ci']);
    expect(await store.tokens.findByHashes([hashSecret(token.token)])).toMatchObject([
      { kind: 'tombstone', reason: 'revoked', ownerEmail: 'service-account:ci' },
    ]);
    expect(await store.serviceAccounts.maintainers(id)).toEqual([]);
    expect(await store.users.findById(id)).toBeNull();
    await store.close();
  });

  it('keeps a service account disabled, and takes back groups and maintainers that it lost since', async () => {
    const made = { maintainers: [ada, app.dev], groups: ['deployers', 'builders'] };
    const { id } = await createServiceAccount(app, 'ci', made);
    const { accounts, store } = await restored(() =>
      change(id, {
        disabled: true,
        remove_maintainers: [ada.email],
        add_maintainers: [app.root.email],
        groups: ['builders'],
      }),
    );
    expect(accounts).toMatchObject([
      { name: 'ci', disabled: true, manualGroups: '["builders"]', maintainers: [app.dev.email, app.root.email] },
    ]);
    await store.close();
  });

  it('gives a deleted maintainer nothing back', async () => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada, app.dev] });
    const { accounts, store } = await restored(() =>
      app.ask(`/api/v1/users/${ada.id}`, { method: 'DELETE', as: app.root }),
    );
    expect(accounts).toMatchObject([{ id, maintainers: [app.dev.email] }]);
    await store.close();
  });

  it('keeps the maintainers of the backup if nobody knows what happened since', async () => {
    const { id } = await createServiceAccount(app, 'ci', { maintainers: [ada, app.dev] });
    const { accounts, store } = await restored(() => change(id, { remove_maintainers: [ada.email] }), {
      unknown: true,
    });
    expect(accounts).toMatchObject([{ id, maintainers: [ada.email, app.dev.email] }]);
    await store.close();
  });

  it('keeps a management key as narrow as it was made since', async () => {
    await createServiceAccount(app, 'platform');
    const narrowed = await createAccountToken(app, app.root, 'platform', {
      ...{ name: 'terraform', manage: ['users:write', 'apps'], networks: ['203.0.113.0/24'], expires_in: 8e6 },
    });
    const kept = await createAccountToken(app, app.root, 'platform', {
      ...{ name: 'audit', manage: ['audit:read'], expires_in: 8e6 },
    });
    const { store } = await restored(async () => {
      const json = { manage: ['apps'] };
      const response = await app.ask(`/api/v1/tokens/${narrowed.id}`, { method: 'PATCH', as: app.root, json });
      expect(response.status).toBe(200);
    });
    expect((await store.tokens.findById(narrowed.id))?.manage).toBe('apps');
    expect((await store.tokens.findById(kept.id))?.manage).toBe('audit:read');
    await store.close();
  });
});
