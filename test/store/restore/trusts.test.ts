import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../server/domain/clock.ts';
import { identityOf } from '../../../server/domain/machines/exchange/subject-token.ts';
import { createIds } from '../../../server/domain/secrets.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import type { TrustPin } from '../../../server/store/records.ts';
import { type ExchangeWorld, openExchange } from '../../helpers/exchange/exchange-world.ts';
import { firstPage } from '../contract/records.ts';

let world: ExchangeWorld;
beforeEach(async () => {
  world = await openExchange();
});
afterEach(() => world.close());

const ids = createIds(systemClock);

/** Backs the database up, does something, restores the backup, and returns a store on the result. */
async function restoreAfter(work: () => Promise<unknown>) {
  const { path } = world.app;
  const file = `${path}.backup`;
  await backUp(path, file);
  await work();
  await world.app.store.close();
  await restore({ databasePath: path, file, event: { id: ids(), at: world.app.clock.now() } });
  await rm(file);
  return openStore(`sqlite:${path}`);
}

const api = async (method: string, id: string, json?: object) => {
  const options = { method, as: world.app.root, ...(json && { json }) };
  expect((await world.app.ask(`/api/v1/trusts/${id}`, options)).status).toBeLessThan(300);
};

it('keeps a trust deleted that was deleted after the backup, and its tokens revoked', async () => {
  const [gone, kept] = [await world.addTrust(), await world.addTrust({ name: 'kept', claims: { x: 'y' } })];
  const { body } = await world.exchange(await world.signed(), { trust: 'deploy' });
  expect(body.access_token).toBeDefined();
  const [token] = await world.app.store.tokens.list({ ...firstPage, now: world.app.clock.now(), exchanged: true });
  const store = await restoreAfter(() => api('DELETE', gone.id));
  expect((await store.trusts.list(firstPage)).map(({ id }) => id)).toEqual([kept.id]);
  expect(await store.tokens.findById(token?.id ?? '')).toBeNull();
  await store.close();
});

it('keeps the newest claims of a trust', async () => {
  const { id } = await world.addTrust();
  const store = await restoreAfter(() => api('PATCH', id, { claims: { environment: 'production' }, ttl: 60 }));
  expect(await store.trusts.findById(id)).toMatchObject({ claims: '{"environment":"production"}', ttlSeconds: 60 });
  await store.close();
});

it('remembers subject tokens and repositories that were exchanged after the backup', async () => {
  const { id } = await world.addTrust();
  const jti = '0b3ad7c5-4f0c-4b3e-8a57-1c2d3e4f5a6b';
  const store = await restoreAfter(async () => {
    expect((await world.exchange(await world.signed({ jti }))).status).toBe(200);
  });
  const pin: TrustPin = { trustId: id, kind: 'repository', name: 'acme/api', pinnedId: '75' };
  expect(await store.trusts.pin(pin)).toEqual({ ...pin, pinnedId: '74' });
  const owner: TrustPin = { trustId: id, kind: 'owner', name: 'acme', pinnedId: '66' };
  expect(await store.trusts.pin(owner)).toEqual({ ...owner, pinnedId: '65' });
  const { hash } = identityOf({ issuer: world.issuer.url, text: 'a.b.c' }, { jti, exp: 1 });
  expect(await store.trusts.useSubjectToken({ hash, expiresAt: 1 })).toBe(false);
  await store.close();
});

it('forgets the IDs of an issuer that the trust no longer has', async () => {
  const { id } = await world.addTrust();
  expect((await world.exchange(await world.signed())).status).toBe(200);
  const store = await restoreAfter(() => api('PATCH', id, { issuer: 'https://new.example.com' }));
  const pin: TrustPin = { trustId: id, kind: 'owner', name: 'acme', pinnedId: '66' };
  expect(await store.trusts.pin(pin)).toEqual(pin);
  await store.close();
});
