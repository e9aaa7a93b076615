import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds } from '../../../server/domain/secrets.ts';
import { idleGraceMs, startIdlePolicy } from '../../../server/domain/tokens/idle.ts';
import { createStatusContext } from '../../../server/domain/tokens/status.ts';
import { createVerify } from '../../../server/domain/tokens/verify.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { type Restored, restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens.ts';
import { createToken, jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';

let app: TestApp;
let token: CreatedToken;
beforeEach(async () => {
  app = await openTestApp();
  token = await createToken(app, app.dev, { name: 'ci', expires_in: 90 * 24 * 60 * 60 });
});
afterEach(() => app.close());

const ids = createIds(systemClock);
const day = 24 * 60 * 60;

const change = async (path: string, as = app.dev, json: object = {}, method = 'POST'): Promise<CreatedToken> => {
  const response = await app.ask(`/api/v1/tokens/${token.id}${path}`, { method, as, json });
  expect(response.status).toBeLessThan(300);
  return response.status === 204 ? token : jsonOf<CreatedToken>(response);
};

/** Restores a backup and returns the report, and what `read` finds in the restored database. */
async function restoreFrom<T>(file: string, read: (store: Store) => Promise<T>, withoutHistory = false) {
  const event = { id: ids(), at: systemClock.now() };
  const report: Restored = await restore({ databasePath: app.path, file, event, withoutHistory });
  const store = await openStore(`sqlite:${app.path}`);
  const found = await read(store);
  await store.close();
  return { report, found };
}

const verdicts =
  (...values: string[]) =>
  async (store: Store) => {
    const verify = createVerify(store, createStatusContext(app.clock, null));
    const found = await Promise.all(values.map(verify));
    return found.map((verdict) => (verdict.allowed ? 200 : verdict.reason));
  };

/** Creates a backup, runs `since`, restores the backup, and returns the verdicts about the values that `since` returns. */
async function restored(since: () => Promise<string[]>) {
  const file = `${app.path}.backup`;
  await backUp(app.path, file);
  const values = await since();
  await app.store.close();
  const { report, found } = await restoreFrom(file, verdicts(...values));
  await rm(file);
  return { report, found };
}

describe('a restored backup', () => {
  it('accepts no value that ended by a rotation since, and accepts the new one', async () => {
    const { found, report } = await restored(async () => {
      const rotated = await change('/rotate', app.dev, { overlap: 0 });
      return [token.token, rotated.token];
    });
    expect([found, report.revokedSince, report.pausedTokens]).toEqual([['rotated', 200], [], []]);
  });

  it('ends the overlap of a rotation when it would have ended', async () => {
    const { found } = await restored(async () => {
      const rotated = await change('/rotate', app.dev, { overlap: 60 });
      app.clock.advance(60_000);
      return [token.token, rotated.token];
    });
    expect(found).toEqual(['rotated', 200]);
  });

  it('accepts no previous value that was ended since', async () => {
    const rotated = await change('/rotate');
    const { found } = await restored(async () => {
      await change('/previous', app.dev, {}, 'DELETE');
      return [token.token, rotated.token];
    });
    expect(found).toEqual(['rotated', 200]);
  });

  it.each(['root', 'dev'] as const)('keeps the pause of %s', async (member) => {
    const { found } = await restored(async () => {
      await change('/pause', app[member], { reason: 'Looks leaked' });
      return [token.token];
    });
    expect(found).toEqual(['paused']);
  });

  it('keeps an expiry that was shortened since', async () => {
    const { found } = await restored(async () => {
      await change('', app.dev, { expires_in: 60 }, 'PATCH');
      app.clock.advance(60_000);
      return [token.token];
    });
    expect(found).toEqual(['expired']);
  });

  it('keeps all values of a token revoked that was rotated and revoked since', async () => {
    const rotated = await change('/rotate');
    const { found, report } = await restored(async () => {
      const third = await change('/rotate', app.dev, { end_previous: true });
      await change('', app.dev, {}, 'DELETE');
      return [token.token, rotated.token, third.token];
    });
    expect(found).toEqual(['revoked', 'revoked', 'unknown']);
    expect(report.revokedSince).toMatchObject([{ name: 'ci' }]);
  });

  it('keeps the start of the limit for idle tokens', async () => {
    const file = `${app.path}.backup`;
    await backUp(app.path, file);
    const at = app.clock.now();
    await startIdlePolicy(app.store, 30 * day, at);
    await app.store.close();
    const { found } = await restoreFrom(file, (store) => startIdlePolicy(store, 30 * day, at + idleGraceMs));
    expect(found).toEqual([{ policy: 'max-idle', valueMs: 30 * day * 1000, firstServedAt: at }]);
    await rm(file);
  });

  it('pauses and lists a token whose newest state is not known', async () => {
    const [first, second] = [`${app.path}.first`, `${app.path}.second`];
    await backUp(app.path, first);
    const other = await createToken(app, app.dev, { name: 'other' });
    await backUp(app.path, second);
    const rotated = await change('/rotate', app.dev, { overlap: 0 });
    await app.store.close();
    // Two restores of the older backup. The database between them is lost, so nothing connects the present one with the second backup.
    await restoreFrom(first, verdicts());
    const lost = await restoreFrom(first, verdicts());
    await rm(lost.report.setAside ?? '');
    const { found, report } = await restoreFrom(second, verdicts(token.token, rotated.token, other.token), true);
    expect(found).toEqual(['rotated', 'paused', 200]);
    expect(report.pausedTokens).toEqual([{ prefix: rotated.prefix, name: 'ci', owner: 'dev@example.com' }]);
    await rm(first);
    await rm(second);
  });
});
