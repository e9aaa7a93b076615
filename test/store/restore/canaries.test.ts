import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds, hashSecret } from '../../../server/domain/secrets.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import { createToken, openTestApp } from '../../helpers/app/app.ts';

it('keeps canaries, remembers when people were told, and leaves a revoked one unknown', async () => {
  const app = await openTestApp();
  const kept = await createToken(app, app.dev, { name: 'kept', canary: true });
  const revoked = await createToken(app, app.dev, { name: 'revoked', canary: true });
  const file = `${app.path}.backup`;
  await backUp(app.path, file);
  const at = app.clock.now();
  const claim = (store: typeof app.store) =>
    store.transaction(async (store) => {
      await store.canaries.addUses(new Map([[kept.id, 1]]));
      return store.canaries.claimUses(kept.id, { at, toldBefore: at - 1 });
    });
  expect(await claim(app.store)).toBe(1);
  expect((await app.ask(`/api/v1/tokens/${revoked.id}`, { as: app.dev, method: 'DELETE' })).status).toBe(204);
  await app.store.close();
  const event = { id: createIds(systemClock)(), at: systemClock.now() };
  await restore({ databasePath: app.path, file, event });
  const store = await openStore(`sqlite:${app.path}`);
  const hashes = [kept.token, revoked.token].map(hashSecret);
  expect(await store.tokens.findByHashes(hashes)).toEqual([{ kind: 'canary', hash: hashes[0] }, null]);
  expect((await store.canaries.findByHashes(hashes)).get(hashes[0] ?? '')).toMatchObject({ id: kept.id });
  expect(await claim(store)).toBeNull();
  await store.close();
  await rm(file);
  await app.close();
});
