import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds } from '../../../server/domain/secrets.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { useOf } from '../contract/records.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
let token: CreatedToken;
beforeEach(async () => {
  app = await openTestApp();
  token = await createToken(app, app.dev, { name: 'deploy', expires_in: null });
});
afterEach(() => app.close());

const ids = createIds(systemClock);
const ask = async (path: string, json: object) => {
  const response = await app.ask(`/api/v1${path}`, { as: app.root, json });
  expect(response.status).toBe(200);
};

/** Backs up, changes something, restores, and returns the token as it then is, with the names of its owner and what was paused. */
async function restored(since: () => Promise<unknown>) {
  const file = `${app.path}.backup`;
  await backUp(app.path, file);
  await since();
  await app.store.close();
  const event = { id: ids(), at: systemClock.now() };
  const { pausedTokens } = await restore({ databasePath: app.path, file, event });
  const store = await openStore(`sqlite:${app.path}`);
  const found = await store.tokens.findById(token.id);
  await store.close();
  await rm(file);
  return { found, paused: pausedTokens.map(({ name }) => name) };
}

describe('a restored backup', () => {
  it('leaves a transferred token with its new owner', async () => {
    await createServiceAccount(app, 'ci');
    const { found, paused } = await restored(() => ask(`/tokens/${token.id}/transfer`, { to: 'ci', name: 'Moved' }));
    expect(found).toMatchObject({ ownerEmail: 'service-account:ci', name: 'Moved', pausedAt: null });
    expect(paused).toEqual([]);
  });

  it('leaves tokens that an offboarding transferred with the service account, with the end of their grace', async () => {
    await createServiceAccount(app, 'ci');
    await app.store.tokens.recordUses([useOf(token.id, { at: app.clock.now() })]);
    const end = app.clock.now() + 60_000;
    const { found } = await restored(() => ask(`/users/${app.dev.id}/offboard`, { transfer_to: 'ci', grace: 60 }));
    expect(found).toMatchObject({ ownerEmail: 'service-account:ci', expiresAt: end, selfRotate: false });
  });

  it('keeps in mind that the former owner knows the value, until the token is rotated', async () => {
    await createServiceAccount(app, 'ci', { maintainers: [app.root] });
    const { found } = await restored(() => ask(`/tokens/${token.id}/transfer`, { to: 'ci' }));
    expect(found?.formerOwnerKnows).toBe(true);
  });

  it('gives a number to a name that the service account has in the backup', async () => {
    await createServiceAccount(app, 'ci', { maintainers: [app.root] });
    const other = await createAccountToken(app, app.root, 'ci', { name: 'deploy' });
    const { found } = await restored(async () => {
      const json = { name: 'renamed since' };
      expect((await app.ask(`/api/v1/tokens/${other.id}`, { method: 'PATCH', as: app.root, json })).status).toBe(200);
      await ask(`/tokens/${token.id}/transfer`, { to: 'ci' });
    });
    expect(found).toMatchObject({ ownerEmail: 'service-account:ci', name: 'deploy-2' });
  });

  it('pauses a token whose new owner it does not have, and reports it', async () => {
    const { found, paused } = await restored(async () => {
      await createServiceAccount(app, 'late');
      await ask(`/tokens/${token.id}/transfer`, { to: 'late' });
    });
    expect(found).toMatchObject({ ownerEmail: app.dev.email, pausedBySuperuser: true, pausedUntil: null });
    expect(found?.pausedAt).not.toBeNull();
    expect(paused).toEqual(['deploy']);
  });
});
