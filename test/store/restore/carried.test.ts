import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPasswords } from '../../../server/domain/accounts/passwords.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds, hashSecret } from '../../../server/domain/secrets.ts';
import { pseudonymOf } from '../../../server/pseudonym.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import type { CreatedClient } from '../../../shared/schemas/accounts/clients.ts';
import type { CreatedWebhook } from '../../../shared/schemas/webhooks.ts';
import { cellsOf } from '../../attacks/secrets/sqlite-rows.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { requestPasswordLink } from '../../helpers/sign-in/password-links.ts';
import { passkeyRecord } from '../contract/sign-in/passkeys.ts';

const identity = { issuer: 'https://sso.example.com', subject: 'ada' };

let app: TestApp;
let second: Member;
beforeEach(async () => {
  app = await openTestApp();
  second = await app.addMember({ email: 'second@example.com', superuser: true });
});
afterEach(() => app.close());

const ids = createIds(systemClock);
const restoreEvent = () => ({ id: ids(), at: systemClock.now() });

/** Creates a backup, runs `since`, restores the backup, and returns what the restored database contains. */
async function restored<T extends object>(
  since: () => Promise<unknown>,
  look: (store: Store) => Promise<T> = async () => ({}) as T,
) {
  const file = `${app.path}.backup`;
  await backUp(app.path, file);
  await since();
  await app.store.close();
  const report = await restore({ databasePath: app.path, file, event: restoreEvent() });
  const { blockedSince, deletedSince, users, hasSuperuser } = report;
  const store = await openStore(`sqlite:${app.path}`);
  const found = {
    blockedSince,
    deletedSince,
    users,
    hasSuperuser,
    members: await store.users.list({ limit: 99, before: null }),
    rows: await cellsOf(app.path),
    mails: await store.outbox.claim({ now: app.clock.now(), leaseMs: 0, leaseId: 'x', limit: 99 }),
    second: await store.users.findById(second.id),
    root: await store.users.findById(app.root.id),
    totp: await store.totp.find(second.id),
    codes: await store.totp.countRecoveryCodes(second.id),
    clients: await store.clients.list({ limit: 9, before: null }),
    webhooks: await store.webhooks.list({ limit: 9, before: null }),
    bound: await store.users.findByIdentity(identity),
    ...(await look(store)),
  };
  await store.close();
  await rm(file);
  return found;
}

const patch = (id: string, json: object) => app.ask(`/api/v1/users/${id}`, { method: 'PATCH', as: app.root, json });

describe('a restored backup', () => {
  it('does not promote members who were demoted since', async () => {
    const {
      second: now,
      root,
      blockedSince,
      hasSuperuser,
    } = await restored(() => patch(second.id, { superuser: false }));
    expect([now?.superuser, root?.superuser, blockedSince]).toEqual([false, true, ['second@example.com']]);
    expect(hasSuperuser).toBe(true);
  });

  it('makes no auditor of a member who lost the role since', async () => {
    await app.store.users.setAuditor(second.id, true);
    const { second: now, blockedSince } = await restored(() => patch(second.id, { auditor: false }));
    expect([now?.auditor, now?.superuser, blockedSince]).toEqual([false, true, ['second@example.com']]);
  });

  it('does not promote even its last superuser, and says that none remains', async () => {
    const {
      root,
      second: now,
      hasSuperuser,
    } = await restored(async () => {
      const young = await app.addMember({ email: 'young@example.com', superuser: true });
      for (const { id } of [second, app.root]) {
        await app.ask(`/api/v1/users/${id}`, { method: 'PATCH', as: young, json: { superuser: false } });
      }
    });
    expect([root?.superuser, now?.superuser, hasSuperuser]).toEqual([false, false, false]);
  });

  it('keeps when members were disabled, and when they joined', async () => {
    const ada = await app.addMember({ email: 'ada@example.com' });
    await app.store.users.setDates(ada.id, { joinedAt: null });
    const { second: now, members } = await restored(async () => {
      await patch(second.id, { superuser: false, disabled: true });
      await app.store.users.setDates(second.id, { disabledAt: 7 });
      await app.store.users.setDates(ada.id, { joinedAt: 8 });
    });
    expect([now?.disabled, now?.disabledAt]).toEqual([true, 7]);
    expect(members.find(({ id }) => id === ada.id)?.joinedAt).toBe(8);
  });

  it('rejects passwords that were changed since', async () => {
    const changed = await createPasswords().hash('another staple battery horse');
    const { second: now } = await restored(() => app.store.users.setPasswordHash(second.id, changed));
    expect(now?.passwordHash).toBe(changed);
  });

  it('keeps two-factor sign-in that was turned on since, and restores no used recovery code', async () => {
    const { totp, codes } = await restored(async () => {
      await app.store.totp.enable(second.id, 'JBSWY3DPEHPK3PXP', 7, 1);
      await app.store.totp.replaceRecoveryCodes(second.id, ['a', 'b', 'c']);
      await app.store.totp.consumeRecoveryCode(second.id, 'b');
    });
    expect([totp, codes]).toEqual([{ secret: 'JBSWY3DPEHPK3PXP', enabledAt: 1, lastStep: 7 }, 2]);
  });

  it('keeps passkeys as they are now: none that was removed since signs in again', async () => {
    const passkey = (id: string) => passkeyRecord(second.id, { id, counter: 1 });
    for (const id of ['kept', 'removed']) await app.store.passkeys.insert(passkey(id));
    const { second: now, passkeys } = await restored(
      async () => {
        await app.store.passkeys.delete('removed', second.id);
        await app.store.passkeys.recordUse('kept', { counter: 9, backedUp: true, at: 5 });
        await app.store.passkeys.insert(passkey('new'));
      },
      async (store) => ({ passkeys: await store.passkeys.listOf(second.id) }),
    );
    expect(passkeys.map(({ id, counter }) => [id, counter])).toEqual([
      ['kept', 9],
      ['new', 1],
    ]);
    expect(now?.passkeyCount).toBe(2);
  });

  it('keeps identities bound since, so that no other person can match the account by email address', async () => {
    const nobody = {
      name: '',
      superuser: false,
      auditor: false,
      disabled: false,
      canManageTokens: true,
      passwordHash: null,
      passwordUntilSso: false,
      sso: false,
    };
    const times = {
      ssoSignedInAt: null,
      totpEnabledAt: null,
      passkeyCount: 0,
      ssoGroups: null,
      manualGroups: null,
      kind: 'member' as const,
      description: null,
      createdAt: app.clock.now(),
      invitedAt: null,
      joinedAt: null,
      disabledAt: null,
    };
    const email = 'invited@example.com';
    await app.store.users.insert({ id: 'invited', email, emailFolded: email, ...nobody, ...times });
    const { bound } = await restored(() => app.store.users.bindIdentity('invited', identity));
    expect(bound).toMatchObject({ id: 'invited', sso: true });
  });

  it('binds nobody to an identity that was unbound since, and the password signs in alone', async () => {
    await app.store.users.setIdentity(second.id, identity);
    const path = `/api/v1/users/${second.id}/identity`;
    const { bound, second: now } = await restored(() => app.ask(path, { as: app.root, method: 'DELETE' }));
    expect([bound, now?.sso]).toEqual([null, false]);
  });

  it('keeps the present right of a client to report leaks, and remembers the reports since', async () => {
    const json = { name: 'scanner', can_report: true };
    const scanner = await jsonOf<CreatedClient>(app.ask('/api/v1/clients', { as: app.root, json }));
    const { token } = await createToken(app, app.dev, { name: 'leaked' });
    const leak = {
      ...{ hash: hashSecret(token), tokenId: 't', ownerId: app.dev.id, prefix: 'p', name: 'leaked' },
      ...{ source: null, url: null, outcome: 'notified' as const, at: app.clock.now() },
    };
    const found = { places: ['place'], isUndone: false };
    const { clients, reportedAgain } = await restored(
      async () => {
        await app.store.leaks.report(leak, found);
        const body = { can_report: false };
        await app.ask(`/api/v1/clients/${scanner.id}`, { method: 'PATCH', as: app.root, json: body });
      },
      async (store) => ({ reportedAgain: await store.leaks.report(leak, found) }),
    );
    expect(clients).toMatchObject([{ name: 'scanner', canReport: false }]);
    expect(reportedAgain).toEqual({ isActing: false, newPlaces: [] });
  });

  it('keeps the present rights of a client, whether it got or lost one since', async () => {
    const make = (name: string, can_revoke: boolean) =>
      jsonOf<CreatedClient>(app.ask('/api/v1/clients', { as: app.root, json: { name, can_revoke } }));
    const [lost, got, same] = [await make('lost', true), await make('got', false), await make('same', true)];
    const change = (id: string, can_revoke: boolean) =>
      app.ask(`/api/v1/clients/${id}`, { method: 'PATCH', as: app.root, json: { can_revoke } });
    const { clients } = await restored(async () => {
      expect((await change(lost.id, false)).status).toBe(200);
      expect((await change(got.id, true)).status).toBe(200);
    });
    const rights = new Map(clients.map(({ id, canRevoke }) => [id, canRevoke]));
    expect(rights).toEqual(
      new Map([
        [same.id, true],
        [got.id, true],
        [lost.id, false],
      ]),
    );
  });

  it('rejects clients that were deleted since, and secrets that were replaced', async () => {
    const make = (name: string) => jsonOf<CreatedClient>(app.ask('/api/v1/clients', { as: app.root, json: { name } }));
    const [gone, rotated, kept] = [await make('gone'), await make('rotated'), await make('kept')];
    const before = await app.store.clients.findById(kept.id);
    const { clients } = await restored(async () => {
      await app.ask(`/api/v1/clients/${gone.id}`, { method: 'DELETE', as: app.root });
      await app.store.clients.setSecretHash(rotated.id, 'new');
    });
    expect(clients).toEqual([before, expect.objectContaining({ name: 'rotated', secretHash: 'new' })]);
  });

  it('sends nothing to webhooks that were deleted since, and keeps the newest URL and secret of others', async () => {
    const make = (name: string) => {
      const json = { url: `https://hooks.example.com/${name}`, events: ['*'] };
      return jsonOf<CreatedWebhook>(app.ask('/api/v1/webhooks', { as: app.root, json }));
    };
    const [gone, moved, kept] = [await make('gone'), await make('moved'), await make('kept')];
    const ask = (path: string, method: string, json?: object) =>
      app.ask(`/api/v1/webhooks/${path}`, { as: app.root, method, ...(json && { json }) });
    const { webhooks, rows } = await restored(async () => {
      await ask(gone.id, 'DELETE');
      await ask(moved.id, 'PATCH', { url: 'https://new.example.com/', disabled: true });
      // The URL is free again, and belongs to another webhook now.
      await ask(kept.id, 'PATCH', { url: moved.url });
      await ask(`${kept.id}/secret`, 'POST');
    });
    expect(webhooks.map(({ id, url, disabled }) => [id, url, disabled])).toEqual([
      [kept.id, moved.url, false],
      [moved.id, 'https://new.example.com/', true],
    ]);
    // The secret before the rotation is stored until a new one takes its place. That of the deleted webhook is gone.
    const values = rows.map(({ value }) => value);
    expect(values).toContain(kept.secret);
    expect(values).not.toContain(gone.secret);
  });

  it('deletes members again who were deleted since, and keeps them out of every row', async () => {
    const { token } = await createToken(app, app.dev, { name: 'ci' });
    const { deletedSince, members, rows, users } = await restored(() =>
      app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'DELETE' }),
    );
    expect(deletedSince).toEqual(['dev@example.com']);
    expect(users, 'the members that the backup has').toBe(3);
    expect(members.map(({ email }) => email)).toEqual(['second@example.com', 'root@example.com']);
    expect(rows.filter(({ value }) => value.includes('dev@example.com'))).toEqual([]);
    const hash = hashSecret(token);
    expect(rows.filter(({ value }) => value === hash).map(({ table }) => table)).toEqual(['tombstones']);
  });

  it('erases members again who were erased since, also from texts that others wrote', async () => {
    await createToken(app, app.root, { name: 'for dev@example.com', description: 'of DEV@example.com.' });
    const { deletedSince, rows } = await restored(async () => {
      await patch(app.dev.id, { disabled: true });
      await app.ask(`/api/v1/users/${app.dev.id}/erase`, { as: app.root, method: 'POST' });
    });
    expect(deletedSince).toEqual(['dev@example.com']);
    expect(rows.filter(({ value }) => value.toLowerCase().includes('dev@example.com'))).toEqual([]);
    expect(rows.map(({ value }) => value)).toContain(`of ${pseudonymOf(app.dev.id)}.`);
  });

  it('deletes even its only superuser again, and a member of an earlier backup', async () => {
    const early = `${app.path}.early`;
    await backUp(app.path, early);
    const { members } = await restored(async () => {
      const young = await app.addMember({ email: 'young@example.com', superuser: true });
      for (const { id } of [second, app.root]) {
        await app.ask(`/api/v1/users/${id}`, { as: young, method: 'DELETE' });
      }
    });
    expect(members.map(({ email }) => email)).toEqual(['dev@example.com']);
    expect((await restore({ databasePath: app.path, file: early, event: restoreEvent() })).deletedSince).toEqual([
      'root@example.com',
      'second@example.com',
    ]);
  });

  it('keeps email addresses that changed since, even if two members exchanged theirs', async () => {
    const { members } = await restored(async () => {
      await patch(second.id, { email: 'parked@example.com' });
      await patch(app.dev.id, { email: 'second@example.com' });
      await patch(second.id, { email: 'dev@example.com' });
      // Another superuser, because changing one's own address needs the password.
      await app.ask(`/api/v1/users/${app.root.id}`, {
        method: 'PATCH',
        as: second,
        json: { email: 'chief@example.com' },
      });
    });
    const addresses = Object.fromEntries(members.map(({ id, email }) => [id, email]));
    expect(addresses).toEqual({
      [second.id]: 'dev@example.com',
      [app.dev.id]: 'second@example.com',
      [app.root.id]: 'chief@example.com',
    });
  });

  it('sends no mail with a one-time link that was queued when the backup was made', async () => {
    await requestPasswordLink(app, 'dev@example.com');
    await createToken(app, app.dev, { name: 'ci' });
    const { mails } = await restored(async () => {});
    expect(mails.map(({ subject }) => subject)).toEqual(['API token "ci" was created']);
  });
});
